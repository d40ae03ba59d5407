package dpkg
