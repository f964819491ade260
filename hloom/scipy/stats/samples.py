ModeResult= mode= rankdata= sem=1
