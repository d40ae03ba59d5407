package osrelease
