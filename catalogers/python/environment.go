package python

import (
	"fmt"
	"path"
	"regexp"
	"strings"

	"github.com/manifestgen/manifestgen/catalogers/python/internal/dist"
	"github.com/manifestgen/manifestgen/catalogers/python/internal/require"
	"github.com/manifestgen/manifestgen/sbom"
)

// An environment is a folder in which distributions are installed, or the
// folder of a project with what it wants.
type environment struct {
	folder  string                       // with the container it is in
	members map[string][]*sbom.Component // by normal name; conda packages by token
	python  string                       // "3.11", "3" or ""
	system  bool                         // one of the folders of the system's Python
	open    bool                         // sees the folders of the system's Python
	values  map[string]string            // of markers; "" where members disagree
}

// pythonFolder takes the version of Python from where it installs to, also for
// what a distribution bundles in its own folder. systemFolder matches where
// the Python of a system installs to: a distribution in one of these folders
// sees those in the others.
var (
	pythonFolder = regexp.MustCompile(`^(?:.*/)?(?:python|pypy)([0-9]+(?:\.[0-9]+)?)/(?:site|dist)-packages(?:/|$)`)
	systemFolder = regexp.MustCompile(`^(?:.*!/)?usr/(?:local/)?lib(?:64)?/python[0-9.]*/(?:site|dist)-packages$`)
)

// newEnvironment returns the environment of a folder with what its path shows.
func newEnvironment(folder string) *environment {
	e := &environment{folder: folder, members: map[string][]*sbom.Component{}, values: map[string]string{}}
	e.system = systemFolder.MatchString(folder)
	if m := pythonFolder.FindStringSubmatch(folder); m != nil {
		e.python = m[1]
	}
	if strings.Contains(e.python, ".") {
		e.set("python_version", e.python)
		e.set("os_name", "posix") // Windows has Lib/site-packages
	}
	return e
}

// set states the value of a variable. Of two values that differ neither is
// believed.
func (e *environment) set(name, value string) {
	if had, ok := e.values[name]; ok && had != value {
		value = ""
	}
	e.values[name] = value
}

// extension takes interpreter and platform from the name of a compiled
// module: x.cpython-311-x86_64-linux-gnu.so
var extension = regexp.MustCompile(`\.cpython-([0-9])([0-9]+)-([a-z0-9_]+)-linux-[a-z0-9]+\.so$`)

// exactABI matches the ABI tag of one version of CPython.
var exactABI = regexp.MustCompile(`^cp([0-9])([0-9]+)(?:mu?|t)?$`)

// learnTags takes from the tags of a member what they show of its environment.
func (e *environment) learnTags(c *sbom.Component) {
	var tags []dist.Tag
	for _, p := range c.Properties {
		if p.Name == propTag {
			more, _ := dist.ParseTags(p.Value) // they were written by us
			tags = append(tags, more...)
		}
	}
	e.learnTarget(dist.Target(tags))
	for _, tag := range tags {
		if m := exactABI.FindStringSubmatch(tag.ABI); m != nil {
			e.learnPython(m[1] + "." + m[2])
		}
	}
}

// learnPython takes that CPython of a version loads the modules here. What the
// path says of the version is believed more.
func (e *environment) learnPython(ver string) {
	e.set("platform_python_implementation", "CPython")
	e.set("implementation_name", "cpython")
	if !strings.Contains(e.python, ".") {
		e.set("python_version", ver)
	}
}

// targetValues are the values of sys_platform, platform_system and os_name.
var targetValues = map[string][3]string{
	"linux":   {"linux", "Linux", "posix"},
	"darwin":  {"darwin", "Darwin", "posix"},
	"windows": {"win32", "Windows", "nt"},
}

// learnTarget takes the platform of a distribution. One that is built for several,
// or for any, shows nothing. The machine is told on Linux only: elsewhere
// platform_machine and tags have different words for it.
func (e *environment) learnTarget(os, machine string) {
	v, ok := targetValues[os]
	if !ok {
		return
	}
	e.set("sys_platform", v[0])
	e.set("platform_system", v[1])
	e.set("os_name", v[2])
	if os == "linux" && machine != "" && !strings.Contains(machine, ",") {
		e.set("platform_machine", machine)
	}
}

// venvPaths returns where the pyvenv.cfg is, if the folder of p is that of a virtual
// environment: two or three folders up.
func (p place) venvPaths() []string {
	if path.Base(p.folder) != "site-packages" {
		return nil
	}
	var paths []string
	for _, up := range []string{"../..", "../../.."} {
		if folder := path.Join(p.folder, up); folder != ".." && !strings.HasPrefix(folder, "../") {
			paths = append(paths, p.root()+path.Join(folder, "pyvenv.cfg"))
		}
	}
	return paths
}

// readVenv reads what a virtual environment says of itself. It is told of all
// distributions in it.
func readVenv(p place, f *sbom.File) ([]*sbom.Component, error) {
	data, err := f.Bytes()
	if err != nil {
		return nil, fault("python.metadata", err)
	}
	v := dist.ParseVenv(data)
	c := &sbom.Component{Locations: []sbom.Location{}, Joints: sbom.Joints{Part: true}}
	addProperty(c, propEnvironment, strings.TrimSpace(v.Implementation+" "+v.Version))
	if v.System {
		addProperty(c, propSystem, "true")
	}
	c.Provides = []string{fmt.Sprintf("%s%s=%s %s %t", tokenVenv, path.Join(p.root(), p.folder), v.Version, v.Implementation, v.System)}
	return []*sbom.Component{c}, nil
}

// learnVenv takes from a token of a member what the virtual environment says that
// it is in. What the path says of the version is believed more.
func (e *environment) learnVenv(token string) {
	text, ok := strings.CutPrefix(token, tokenVenv)
	i := strings.LastIndexByte(text, '=')
	if !ok || text[:i] != "." && !strings.HasPrefix(e.folder, text[:i]+"/") {
		return
	}
	said := strings.Split(text[i+1:], " ")
	version, implementation := said[0], said[1]
	if version != "" && beginsWith(version, e.python) {
		e.set("python_full_version", version)
		e.set("python_version", version[:strings.LastIndexByte(version, '.')])
	}
	if implementation != "" {
		e.set("platform_python_implementation", implementation)
		e.set("implementation_name", strings.ToLower(implementation))
	}
	e.open = e.open || said[2] == "true"
}

// markers returns what is known for evaluating markers.
func (e *environment) markers(extras []string) require.Environment {
	known := map[string]string{}
	for name, value := range e.values {
		if value != "" {
			known[name] = value
		}
	}
	return require.Environment{Values: known, Python: e.python, Extras: extras}
}

// sees reports whether distributions in e find those in o, where both are
// folders of the system's Python in one container.
func (e *environment) sees(o *environment) bool {
	return e == o || beginsWith(e.python, o.python) || beginsWith(o.python, e.python)
}

// beginsWith reports whether the version long is in the series short.
func beginsWith(long, short string) bool {
	rest, ok := strings.CutPrefix(long, short)
	return ok && (rest == "" || short == "" || rest[0] == '.')
}

// containerPrefix returns the container that a folder is in, "" for none.
func containerPrefix(folder string) string {
	return folder[:strings.LastIndex(folder, "!/")+1]
}
