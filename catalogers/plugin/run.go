package plugin

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"time"
	"unicode"

	"github.com/manifestgen/manifestgen/sbom"
)

// The exit statuses that mean something.
const (
	statusIncomplete = 3
	statusProtocol   = 64 // EX_USAGE of sysexits.h
)

// grace is how long the pipes of a program that has ended may stay open in the
// hands of others.
const grace = 2 * time.Second

// A run is one run of a program.
type run struct {
	Cataloger
	limits     Limits
	output     output
	errors     tail
	incomplete bool // it says so
}

// run runs the program to its end. An error is a fault, but for that of ctx.
func (r *run) run(ctx context.Context, folder string, args []string) error {
	limited, cancel := context.WithTimeout(ctx, r.limits.Time)
	defer cancel()
	r.output.left, r.output.stop = r.limits.Output, cancel
	cmd := exec.CommandContext(limited, r.Program, args...)
	cmd.Dir, cmd.Env = folder, append(r.Env[:len(r.Env):len(r.Env)], "TMPDIR="+folder)
	cmd.Stdout, cmd.Stderr = &r.output, &r.errors
	cmd.WaitDelay = grace
	endTogether(cmd)
	if err := cmd.Start(); err != nil {
		return &sbom.Fault{Code: "plugin.start", Err: err}
	}
	limitMemory(cmd.Process.Pid, r.limits.Memory)
	err := cmd.Wait()
	endRest(cmd)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case r.output.left < 0:
		return r.fault("plugin.output", fmt.Errorf("its document has more than %d bytes", r.limits.Output))
	case limited.Err() != nil:
		return r.fault("plugin.timeout", fmt.Errorf("not done after %v", r.limits.Time))
	}
	return r.status(err)
}

// status says what the way in which the program ended means.
func (r *run) status(err error) error {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return nil
	case !errors.As(err, &exit):
		return r.fault("plugin.failed", err)
	case exit.ExitCode() == statusIncomplete:
		r.incomplete = true
		return nil
	case exit.ExitCode() == statusProtocol:
		return r.fault("plugin.protocol", fmt.Errorf("it does not speak %s", Protocol))
	default:
		return r.fault("plugin.failed", errors.New(exit.String()))
	}
}

// fault is a fault of the program, with the last that it said.
func (r *run) fault(code string, err error) error {
	if said := r.errors.text(); said != "" {
		return sbom.Faultf(code, "the cataloger %s: %w; it said: %s", r.ID, err, said)
	}
	return sbom.Faultf(code, "the cataloger %s: %w", r.ID, err)
}

// output keeps what is written to it, up to a bound; one more byte stops all.
type output struct {
	kept bytes.Buffer // not embedded: its ReadFrom knows no bound
	left int64
	stop func()
}

func (o *output) Write(b []byte) (int, error) {
	if o.left -= int64(len(b)); o.left < 0 {
		o.stop()
		return 0, errors.New("too much output")
	}
	return o.kept.Write(b)
}

// tail keeps the end of what is written to it.
type tail struct{ kept []byte }

// tailSize is how much a tail keeps, in bytes.
const tailSize = 2 << 10

func (t *tail) Write(b []byte) (int, error) {
	n := len(b)
	b = b[max(0, n-tailSize):]
	t.kept = append(t.kept[max(0, len(t.kept)+len(b)-tailSize):], b...)
	return n, nil
}

// text returns what is kept as one line of printable text.
func (t *tail) text() string {
	text := strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case !unicode.IsPrint(r) || r == unicode.ReplacementChar:
			return -1
		}
		return r
	}, strings.ToValidUTF8(string(t.kept), ""))
	return strings.Join(strings.Fields(text), " ")
}
