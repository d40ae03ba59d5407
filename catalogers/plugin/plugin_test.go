//go:build unix

package plugin_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/manifestgen/manifestgen/catalogers/plugin"
	"github.com/manifestgen/manifestgen/formats/cyclonedx"
	"github.com/manifestgen/manifestgen/sbom"
)

// program makes a cataloger of the lines of a shell script.
func program(t *testing.T, lines ...string) plugin.Cataloger {
	t.Helper()
	path := filepath.Join(t.TempDir(), "program")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+strings.Join(lines, "\n")+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	return plugin.Cataloger{ID: "test", Program: path, Env: []string{"PATH=" + os.Getenv("PATH")}, Temp: t.TempDir(), Decode: cyclonedx.Decode}
}

// writes returns a line that writes a document with the given members.
func writes(members string) string {
	return "cat <<'END'\n" + `{"bomFormat":"CycloneDX","specVersion":"1.6","metadata":{"component":{"bom-ref":"root","type":"file","name":"-"}}` + members + "}\nEND"
}

var folder = &sbom.Artifact{Format: sbom.FormatFolder, Path: "/project", Platform: "linux/amd64", Exclude: []string{"/project/old.cdx.json"}}

func code(err error) string {
	var fault *sbom.Fault
	if errors.As(err, &fault) {
		return fault.Code
	}
	return ""
}

func TestSurvey(t *testing.T) {
	c := program(t, writes(`,"components":[
		{"bom-ref":"a","type":"library","name":"a","version":"1","properties":[{"name":"manifestgen:foundBy","value":"[\"lock\",\"test:tree\"]"}]},
		{"bom-ref":"b","type":"library","name":"b","scope":"optional","evidence":{"occurrences":[{"location":"x","additionalContext":"sha256:1"}]}}],
		"dependencies":[{"ref":"root","dependsOn":["a"]},{"ref":"a","dependsOn":["b"]}]`))
	got, err := c.Survey(context.Background(), folder)
	if err != nil {
		t.Fatal(err)
	}
	want := &sbom.Inventory{
		Components: []*sbom.Component{
			{Type: "library", Name: "a", Version: "1", FoundBy: []string{"test:lock", "test:tree"}, Joints: sbom.Joints{Key: "test#a"}},
			{Type: "library", Name: "b", Wanted: true, FoundBy: []string{"test"}, Locations: []sbom.Location{{Path: "x", Layer: "sha256:1"}}, Joints: sbom.Joints{Key: "test#b"}},
		},
		Edges: []sbom.Edge{{Kind: sbom.DependsOn, From: "test#a", To: "test#b"}},
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(sbom.Inventory{})); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// Findings of the document are carried, but for what it does not know of the
// artifact: its principal is not ours.
func TestSurveyFindings(t *testing.T) {
	m := &sbom.Manifest{
		Version:    1,
		Principal:  &sbom.Principal{Component: sbom.Component{Ref: "root", Type: sbom.TypeFile, Name: "-"}},
		Components: []*sbom.Component{{Ref: "a", Type: sbom.TypeLibrary, Name: "a"}},
		Findings: []sbom.Finding{
			{Kind: sbom.Unknown, Code: "principal.version", Subject: "root", Detail: "d"},
			{Kind: sbom.Gap, Code: "x.bad", Path: "p", Subject: "a", Cataloger: "lock", Detail: "d"},
			{Kind: sbom.Note, Code: "x.note", Detail: "d"},
		},
	}
	var document strings.Builder
	if err := cyclonedx.Encode(&document, m); err != nil {
		t.Fatal(err)
	}
	got, err := program(t, "cat <<'END'\n"+document.String()+"\nEND\nexit 3").Survey(context.Background(), folder)
	if err != nil {
		t.Fatal(err)
	}
	want := []sbom.Finding{
		{Kind: sbom.Gap, Code: "x.bad", Path: "p", Subject: "test#a", Cataloger: "test:lock", Detail: "d"},
		{Kind: sbom.Note, Code: "x.note", Cataloger: "test", Detail: "d"},
	}
	if diff := cmp.Diff(want, got.Findings); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// A program is told what there is, and sees nothing else.
func TestProtocol(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	c := program(t, `exec >&3`, `printf '%s|' "$@"`, `echo; env | grep -v -e ^PWD= -e ^SHLVL= -e ^_= -e ^OLDPWD= | sort`, `ls -A; [ "$PWD" = "$TMPDIR" ] && echo same`, `read line || echo no input`)
	data, err := os.ReadFile(c.Program)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(c.Program, []byte(strings.Replace(string(data), "exec >&3", "exec >"+out, 1)), 0o755); err != nil {
		t.Fatal(err)
	}
	c.Env = []string{"PATH=" + os.Getenv("PATH"), "A=b"}
	t.Setenv("SECRET", "x")
	if _, err := c.Survey(context.Background(), folder); code(err) != "plugin.document" {
		t.Errorf("an empty document: %v", err)
	}
	got, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(got)), "\n")
	if len(lines) < 4 || !strings.HasPrefix(lines[3], "TMPDIR="+c.Temp+"/manifestgen-test-") {
		t.Fatalf("got %q", lines)
	}
	want := []string{"catalog/1|folder|/project|linux/amd64|/project/old.cdx.json|", "A=b", "PATH=" + os.Getenv("PATH"), lines[3], "same", "no input"}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if left, err := os.ReadDir(c.Temp); err != nil || len(left) > 0 {
		t.Errorf("left in the temporary folder: %v, %v", left, err)
	}
}

func TestSurveyFails(t *testing.T) {
	empty := writes("")
	tests := []struct {
		name   string
		lines  []string
		limits plugin.Limits
		code   string
		detail string
	}{
		{name: "nothing to tell", lines: []string{empty}},
		{name: "no document", lines: []string{"echo hello; echo help >&2"}, code: "plugin.document", detail: "it said: help"},
		{name: "cut off", lines: []string{`printf '{"bomFormat":"CycloneDX",'`}, code: "plugin.document", detail: "unexpected end"},
		{name: "another format", lines: []string{"echo '{\"spdxVersion\":\"SPDX-2.3\"}'"}, code: "plugin.document", detail: "bomFormat"},
		{name: "fails", lines: []string{empty, "echo oh dear >&2; exit 1"}, code: "plugin.failed", detail: "the cataloger test: exit status 1; it said: oh dear"},
		{name: "dies", lines: []string{empty, "kill -9 $$"}, code: "plugin.failed", detail: "signal: killed"},
		{name: "escape codes on standard error", lines: []string{`printf 'a\033[31m\r\nb\377' >&2; exit 1`}, code: "plugin.failed", detail: "it said: a[31m b"},
		{name: "talks without end", lines: []string{"head -c 1000000 /dev/zero | tr '\\0' x >&2; echo end >&2; exit 1"}, code: "plugin.failed", detail: "xxxend"},
		{name: "another protocol", lines: []string{"exit 64"}, code: "plugin.protocol"},
		{name: "incomplete without a reason", lines: []string{empty, "exit 3"}, code: "plugin.incomplete"},
		{name: "too much output", lines: []string{"yes"}, limits: plugin.Limits{Output: 1 << 20}, code: "plugin.output", detail: "more than 1048576 bytes"},
		{name: "too much output that cannot be stopped", lines: []string{"trap '' PIPE", "while :; do echo x; done"}, limits: plugin.Limits{Output: 1000}, code: "plugin.output"},
		{name: "too slow", lines: []string{"sleep 600"}, limits: plugin.Limits{Time: 50 * time.Millisecond}, code: "plugin.timeout", detail: "not done after 50ms"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := program(t, tt.lines...)
			c.Limits = tt.limits
			_, err := c.Survey(context.Background(), folder)
			if code(err) != tt.code {
				t.Fatalf("got %v, want code %q", err, tt.code)
			}
			if err != nil && (!strings.Contains(err.Error(), tt.detail) || len(err.Error()) > 2500) {
				t.Errorf("got %.3000s, want %q in it", err, tt.detail)
			}
		})
	}
}

func TestSurveyStart(t *testing.T) {
	c := program(t)
	c.Program += "-not"
	if _, err := c.Survey(context.Background(), folder); code(err) != "plugin.start" {
		t.Errorf("a program that is not there: %v", err)
	}
	c = program(t)
	c.Temp += "/not"
	if _, err := c.Survey(context.Background(), folder); code(err) != "plugin.start" {
		t.Errorf("a temporary folder that is not there: %v", err)
	}
	if _, err := program(t).Survey(context.Background(), &sbom.Artifact{}); code(err) != "plugin.path" {
		t.Errorf("an artifact in memory: %v", err)
	}
}

// What a program has started ends with it, whether it ends by itself, or when the
// caller has had enough, or too late.
func TestGroup(t *testing.T) {
	tests := []struct {
		name  string
		start string // a child that would go on
		then  string
		limit time.Duration
		code  string
	}{
		{"ends", "sleep 600 >/dev/null 2>&1 &", writes(""), 0, ""},
		{"ends, and its output stays open", "sleep 600 &", writes(""), 0, "plugin.failed"},
		{"late", "sleep 600 &", "wait", 500 * time.Millisecond, "plugin.timeout"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			pid := filepath.Join(t.TempDir(), "pid")
			c := program(t, tt.start, "echo $! >"+pid, tt.then)
			c.Limits.Time = tt.limit
			if _, err := c.Survey(context.Background(), folder); code(err) != tt.code {
				t.Errorf("got %v, want code %q", err, tt.code)
			}
			checkEnded(t, pid)
		})
	}
}

func TestCanceled(t *testing.T) {
	dir := t.TempDir()
	pid := filepath.Join(dir, "pid")
	c := program(t, "sleep 600 & echo $! >"+pid+".new; mv "+pid+".new "+pid+"; wait")
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		for {
			if _, err := os.Stat(pid); err == nil {
				cancel()
				return
			}
			time.Sleep(time.Millisecond)
		}
	}()
	if _, err := c.Survey(ctx, folder); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	checkEnded(t, pid)
}

// checkEnded checks that the process whose id is in a file has ended, or is about
// to.
func checkEnded(t *testing.T, file string) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(data)))
	if err != nil {
		t.Fatal(err)
	}
	for range 1000 {
		if !alive(pid) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("process %d goes on", pid)
}

// TestDocumented runs the cataloger that the package comment shows.
func TestDocumented(t *testing.T) {
	source, err := os.ReadFile("plugin.go")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(source), "//\t#!/bin/sh\n")
	script, _, ok := strings.Cut(rest, "//\n")
	if !ok {
		t.Fatal("the package comment shows no script")
	}
	c := program(t, strings.ReplaceAll(script, "//\t", ""))
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "vendored.txt"), []byte("zlib 1.3.1\nexpat 2.6.4\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	inv, err := c.Survey(context.Background(), &sbom.Artifact{Format: sbom.FormatFolder, Path: dir})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, x := range inv.Components {
		got = append(got, x.Name+" "+x.Version)
	}
	if diff := cmp.Diff([]string{"expat 2.6.4", "zlib 1.3.1"}, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
