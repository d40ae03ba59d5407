package dist

import (
	"errors"

	"github.com/manifestgen/manifestgen/catalogers/python/internal/tree"
)

// Conda is a package that conda has installed, as a file of the folder
// conda-meta describes it:
// https://docs.conda.io/projects/conda-build/en/stable/resources/package-spec.html
type Conda struct {
	Name, Version, Build string
	Channel, URL         string // without tokens
	Subdir               string // the platform: linux-64, noarch
	License              string
	MD5, SHA256          string   // of the package file
	Depends              []string // "python >=3.11,<3.12.0a0"
	Files                []string // relative to the environment
	Requested            string   // what the user asked for, if it was this
}

// ParseConda reads one file of conda-meta:
//
//	{"name": "numpy", "version": "1.26.4", "build": "py311h64a7726_0",
//	 "channel": "https://conda.example.org/main/linux-64", "subdir": "linux-64",
//	 "url": "https://conda.example.org/main/linux-64/numpy-1.26.4-py311h64a7726_0.conda",
//	 "depends": ["python >=3.11,<3.12.0a0"], "files": ["bin/f2py"], "license": "BSD-3-Clause"}
func ParseConda(data []byte) (Conda, error) {
	t, err := tree.JSON(data)
	if err != nil {
		return Conda{}, err
	}
	c := Conda{
		Name: t.Text("name"), Version: t.Text("version"), Build: t.Text("build"),
		Channel: channelName(t.Text("channel")), URL: CleanURL(t.Text("url")), Subdir: t.Text("subdir"),
		License: t.Text("license"), MD5: t.Text("md5"), SHA256: t.Text("sha256"),
		Depends: t.Texts("depends"), Files: t.Texts("files"), Requested: t.Text("requested_spec"),
	}
	if c.Name == "" || c.Version == "" {
		return c, errors.New("it has no name or no version")
	}
	return c, nil
}

// channelName returns the name of a channel that is given by name or by URL.
func channelName(channel string) string {
	if url := CleanURL(channel); url != "" {
		return url
	}
	return LastName(channel)
}
