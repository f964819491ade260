"""Functions whose form may still change."""

from hloom.callbacks import io_callback
