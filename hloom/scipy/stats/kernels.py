gaussian_kde=1
