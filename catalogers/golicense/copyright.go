package golicense

import (
	"bytes"
	"regexp"
	"strings"
	"sync"
	"unicode/utf8"
)

// maxNotice is the longest copyright notice, in bytes; what is longer is a
// sentence about copyright.
const maxNotice = 300

// notices returns the copyright notices of text, in order and without
// repetition, each on one line.
func notices(text []byte) []string {
	var list []string
	seen := map[string]bool{}
	for line := range bytes.Lines(text) {
		n := notice(string(line))
		if n != "" && !seen[n] {
			seen[n] = true
			list = append(list, n)
		}
	}
	return list
}

// notice returns the copyright notice that line is, or "". The notices of the
// licence texts themselves, and the places in them that are to be filled in,
// are none.
//
//	// Copyright (c) 2009 The Go Authors. All rights reserved.
//	Portions Copyright © 2011 Russ Ross
//	Copyright [yyyy] [name of copyright owner]     none
//	the above copyright notice and this list       none
func notice(line string) string {
	if len(line) > maxNotice || !utf8.ValidString(line) {
		return ""
	}
	line = strings.TrimSpace(strings.Trim(line, " \t\r\n/*#>;-\"'`|"))
	if !startsNotice().MatchString(line) || placeholder().MatchString(line) || ofLicence().MatchString(line) {
		return ""
	}
	return flat(line)
}

// pattern compiles an expression when it is first used: a program that reads no
// licences shall not start later for them.
func pattern(expression string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expression) })
}

// A notice has a year, a sign of copyright, or a name after the word.
var startsNotice = pattern(`^(?i:(all (files|code)|(some )?portions|parts|modifications|changes|extensions?|contributions)( are| is| of .{1,40})?:?,? )?` +
	`((?i:copyright)[:,]?( |$)*(?i:\(c\)|©|&copy;|[0-9]{4}|by )|©|(?i:\(c\)) ?[0-9]{4}|(?i:copyright) \p{Lu}\p{Ll}[\p{L}.]* )`)

var placeholder = pattern(`(?i)[\[<{(](yyyy|year|name|date|owner|fullname|copyright)\b`)

// ofLicence matches the notices of the authors of licence texts.
var ofLicence = pattern(`Free Software Foundation, Inc|Creative Commons|Copyright Holder|Copyright (and|Act|License|Notice|Law|Owner)`)
