package apk
