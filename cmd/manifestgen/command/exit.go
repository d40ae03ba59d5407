package command

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

// The exit statuses.
const (
	exitInternal   = 1
	exitUsage      = 2
	exitIncomplete = 3
	exitCheck      = 4
	exitSignature  = 5
	exitUnusable   = 6
	exitOutput     = 8
	exitTimeout    = 9
)

// An exitError is an error that ends the command with a status.
type exitError struct {
	status int
	err    error
}

func (e *exitError) Error() string { return e.err.Error() }

func (e *exitError) Unwrap() error { return e.err }

// usage returns an error of using the command wrongly.
func usage(format string, args ...any) error {
	return &exitError{exitUsage, fmt.Errorf(format, args...)}
}

// statusOf returns the status for an error that ends the command.
func statusOf(err error) int {
	var e *exitError
	if errors.As(err, &e) {
		return e.status
	}
	return exitInternal
}

// interruptible returns a context that SIGINT and SIGTERM end, with an exitError
// as its cause: a second signal ends the process at once.
func interruptible(parent context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(parent)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		s, ok := <-signals
		if !ok {
			return
		}
		signal.Stop(signals)
		status := 128 + int(syscall.SIGINT)
		if s == syscall.SIGTERM {
			status = 128 + int(syscall.SIGTERM)
		}
		cancel(&exitError{status, fmt.Errorf("stopped by a signal: %v", s)})
	}()
	return ctx, func() {
		signal.Stop(signals)
		close(signals)
		cancel(nil)
	}
}
