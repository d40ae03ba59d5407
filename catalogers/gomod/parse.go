package gomod

import (
	"bytes"
	"errors"
	"fmt"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
)

// A positionError is one thing that could not be read, and where it is.
type positionError struct {
	line, column int // both counted from 1; columns count runes
	err          error
}

func (e *positionError) Error() string {
	return fmt.Sprintf("line %d, column %d: %v", e.line, e.column, e.err)
}

func (e *positionError) Unwrap() error { return e.err }

// parseMod reads the go.mod file of a main module. It returns what could be
// read, never nil, and an error with line and column for each statement that
// could not.
func parseMod(data []byte) (*modfile.File, []error) {
	return salvage(data, checked(modfile.Parse))
}

// parseRequiredMod reads the go.mod file of a dependency as parseMod does, but
// ignores the statements that have a meaning in a main module alone, and those
// that a later version of Go may bring.
func parseRequiredMod(data []byte) (*modfile.File, []error) {
	return salvage(data, checked(modfile.ParseLax))
}

// parseWork reads a go.work file as parseMod reads a go.mod file.
func parseWork(data []byte) (*modfile.WorkFile, []error) {
	return salvage(data, modfile.ParseWork)
}

// A parser is one of the Parse functions of package modfile.
type parser[T any] func(name string, data []byte, fix modfile.VersionFixer) (*T, error)

// checked returns a parser that also finds fault with the paths that no module
// can have, which package modfile takes as they are.
func checked(parse parser[modfile.File]) parser[modfile.File] {
	return func(name string, data []byte, fix modfile.VersionFixer) (*modfile.File, error) {
		f, err := parse(name, data, fix)
		if err != nil {
			return nil, err
		}
		var errs modfile.ErrorList
		check := func(p string, line *modfile.Line) {
			err := module.CheckImportPath(p)
			if err != nil && (len(errs) == 0 || errs[len(errs)-1].Pos != line.Start) {
				errs = append(errs, modfile.Error{Pos: line.Start, Err: err})
			}
		}
		if f.Module != nil {
			check(f.Module.Mod.Path, f.Module.Syntax)
		}
		for _, r := range f.Require {
			check(r.Mod.Path, r.Syntax)
		}
		for _, r := range f.Replace {
			check(r.Old.Path, r.Syntax)
			if r.New.Version != "" {
				check(r.New.Path, r.Syntax)
			}
		}
		if len(errs) > 0 {
			return nil, errs
		}
		return f, nil
	}
}

// salvage parses data. Package modfile keeps nothing of a file with a fault,
// so if there is one, salvage leaves out the lines that are wrong by
// themselves and parses again, and then those that are wrong beside others,
// such as a second module statement. The result has no comments of blocks
// then, but its lines have their true numbers.
func salvage[T any](data []byte, parse parser[T]) (*T, []error) {
	f, err := parse("", data, nil)
	if err == nil {
		return f, nil
	}
	s := flatten(data, parse)
	if len(s.errs) == 0 {
		s.drop(err, 0)
	}
	for range 3 {
		f, err = parse("", bytes.Join(s.lines, nil), nil)
		if err == nil {
			return f, s.errs
		}
		s.drop(err, 0)
	}
	return new(T), s.errs
}

// A flat is a go.mod or go.work file with one statement on each line, without
// blocks, as far as its lines can be understood one by one:
//
//	require (                    (empty)
//		example.com/a v1.0.0     require example.com/a v1.0.0
//	)                            (empty)
type flat[T any] struct {
	parse parser[T]
	lines [][]byte
	shift []int   // how many bytes of verb stand before what the line was
	errs  []error // about the lines that are empty now
	verb  string  // of the open block
}

// flatten takes data apart.
func flatten[T any](data []byte, parse parser[T]) *flat[T] {
	s := &flat[T]{parse: parse}
	for line := range bytes.Lines(data) {
		s.addLine(line)
	}
	if s.verb != "" {
		s.fail(len(s.lines), 1, errors.New("the file ends within a block"))
	}
	return s
}

// addLine appends the next line of the file, or an empty one where it begins
// or ends a block. A block that is not closed ends before the first line that
// has no meaning in it but has one outside.
func (s *flat[T]) addLine(line []byte) {
	code, _, _ := bytes.Cut(line, []byte("//"))
	code = bytes.Trim(code, blanks)
	if len(code) == 0 {
		s.keep("", line)
		return
	}
	if s.verb != "" && code[0] == ')' {
		s.verb = ""
		s.keep("", []byte("\n"))
		if len(code) > 1 {
			s.fail(len(s.lines), bytes.IndexByte(line, ')')+2, errors.New("text after a closing parenthesis"))
		}
		return
	}
	if verb, ok := bytes.CutSuffix(code, []byte("(")); ok && (s.verb == "" || isVerb(verb)) {
		s.keep("", []byte("\n"))
		if s.verb != "" {
			s.fail(len(s.lines), 1, errors.New("a block begins where the one before it has no end"))
		}
		if _, err := s.parse("", append(code[:len(code):len(code)], "\n)"...), nil); err != nil {
			s.drop(err, len(s.lines)-1)
		}
		s.verb = string(bytes.TrimSpace(verb))
		return
	}
	s.addStatement(line)
}

// addStatement appends a line that is a statement by itself or in a block, if
// it can be parsed.
func (s *flat[T]) addStatement(line []byte) {
	s.keep(s.verb, line)
	last := len(s.lines) - 1
	_, err := s.parse("", s.lines[last], nil)
	if err == nil {
		return
	}
	first, _, _ := bytes.Cut(bytes.TrimSpace(line), []byte(" "))
	if s.verb != "" && isVerb(first) {
		if _, err := s.parse("", line, nil); err == nil {
			s.verb = ""
			s.lines[last], s.shift[last] = line, 0
			s.fail(len(s.lines), 1, errors.New("a statement stands where the block before it has no end"))
			return
		}
	}
	s.drop(err, last)
}

func isVerb(word []byte) bool {
	switch string(bytes.TrimSpace(word)) {
	case "module", "go", "toolchain", "godebug", "require", "exclude", "replace", "retract", "tool", "ignore", "use":
		return true
	}
	return false
}

// keep appends line, with the verb of its block before it if there is one.
func (s *flat[T]) keep(verb string, line []byte) {
	if verb == "" {
		s.lines, s.shift = append(s.lines, line), append(s.shift, 0)
		return
	}
	s.lines = append(s.lines, append([]byte(verb+" "), line...))
	s.shift = append(s.shift, len(verb)+1)
}

func (s *flat[T]) fail(line, column int, err error) {
	s.errs = append(s.errs, &positionError{line, column, err})
}

// drop empties the lines that err complains about, where err comes from
// parsing the lines of s that begin with the one at index base.
func (s *flat[T]) drop(err error, base int) {
	var list modfile.ErrorList
	if !errors.As(err, &list) {
		return
	}
	for _, e := range list {
		i := min(base+max(e.Pos.Line, 1), len(s.lines)) - 1
		column := e.Pos.LineRune - s.shift[i]
		if column < 1 {
			column = 1 + indentation(s.lines[i][s.shift[i]:])
		}
		s.lines[i], s.shift[i] = []byte("\n"), 0
		e.Pos = modfile.Position{}
		s.fail(i+1, column, &e)
	}
}

// indentation counts the blanks that line begins with.
func indentation(line []byte) int {
	return len(line) - len(bytes.TrimLeft(line, blanks))
}
