package python

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/manifestgen/manifestgen/catalogers/python/internal/dist"
	"github.com/manifestgen/manifestgen/catalogers/python/internal/oracle"
	"github.com/manifestgen/manifestgen/catalogers/python/internal/require"
	"github.com/manifestgen/manifestgen/sbom"
	"github.com/manifestgen/manifestgen/sbom/artifact"
)

// A truth is what Python says of the distributions in one folder.
type truth struct {
	Folder string
	Dists  []distribution
	Edges  [][2]string // "name@version"
}

type distribution struct {
	Name, Version, Summary string
	Requires               []string
	Installer              string
	Requested              bool
	Commit, Expression     string
	License                string
	Classifiers            []string // of licences, less their first word
	Origin                 string
	Files                  int // in RECORD, less those outside of the folder
}

// inspectScript prints the truth about each folder given to it, or about
// those of this Python: what "pip inspect" says, and the edges that its
// requirements make when markers are evaluated by packaging for this
// interpreter.
const inspectScript = `
import json, sys, subprocess, os, warnings
warnings.simplefilter("ignore")
from importlib import metadata
from pip._vendor.packaging.requirements import Requirement, InvalidRequirement
from pip._vendor.packaging.utils import canonicalize_name

def inspect(folder):
    report = json.loads(subprocess.run([sys.executable, "-m", "pip", "inspect", "--path", folder], check=True, capture_output=True).stdout)
    dists, by_name = [], {}
    for d in report["installed"]:
        m = d["metadata"]
        here = {"Name": m["name"], "Version": m["version"], "Summary": m.get("summary", ""), "Requires": m.get("requires_dist", []),
            "Installer": d.get("installer", ""), "Requested": d.get("requested", False),
            "Commit": d.get("direct_url", {}).get("vcs_info", {}).get("commit_id", "")}
        at = metadata.PathDistribution.at(d["metadata_location"])
        here["Files"] = sum(f.parts[0] != ".." for f in at.files or []) if d["metadata_location"].endswith(".dist-info") else 0
        here["Expression"] = at.metadata.get("License-Expression") or ""
        here["License"] = at.metadata.get("License") or ""
        here["Classifiers"] = [c.removeprefix("License :: ").removeprefix("OSI Approved :: ")
            for c in at.metadata.get_all("Classifier") or [] if c.startswith("License :: ") and c != "License :: OSI Approved"]
        url = d.get("direct_url", {})
        here["Origin"] = " ".join([url.get("vcs_info", {}).get("requested_revision", ""), url.get("subdirectory", ""),
            str(url.get("dir_info", {}).get("editable", False)).lower(), url.get("archive_info", {}).get("hashes", {}).get("sha256", "")])
        dists.append(here)
        by_name.setdefault(canonicalize_name(m["name"]), here)
    extras = {name: {""} for name in by_name}
    edges, again = set(), True
    while again:
        again = False
        for name, d in by_name.items():
            for text in d["Requires"]:
                try: r = Requirement(text)
                except InvalidRequirement: continue
                to = canonicalize_name(r.name)
                if to not in by_name or to == name: continue
                if r.marker and not any(r.marker.evaluate({"extra": e}) for e in extras[name]): continue
                edges.add((name, to))
                if not set(map(canonicalize_name, r.extras)) <= extras[to]:
                    extras[to] |= set(map(canonicalize_name, r.extras)); again = True
    ident = {n: n + "@" + d["Version"] for n, d in by_name.items()}
    return {"Folder": folder, "Dists": dists, "Edges": sorted([ident[a], ident[b]] for a, b in edges)}

folders = json.load(sys.stdin) or [p for p in dict.fromkeys(sys.path + ["/usr/lib/python3/dist-packages"]) if p.endswith("-packages") and os.path.isdir(p)]
print(json.dumps([inspect(f) for f in folders]))
`

// scanFolder scans a folder of this machine.
func scanFolder(t testing.TB, folder string) *sbom.Inventory {
	t.Helper()
	artifacts, err := artifact.Open(context.Background(), "dir:"+folder, artifact.Options{})
	if err != nil {
		t.Fatal(err)
	}
	inv, err := sbom.Scan(context.Background(), artifacts[0], []sbom.Cataloger{Cataloger{}}, sbom.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return inv
}

// checkTruth compares what was found at the top of a folder with the truth.
func checkTruth(t *testing.T, inv *sbom.Inventory, want truth) {
	t.Helper()
	found := map[string][]*sbom.Component{}
	names := map[string]string{}
	for _, c := range inv.Components {
		p := placeOf(sbom.Entry{Path: c.Locations[0].Path})
		if p.folder == "." && !c.Wanted {
			found[c.Name+"@"+c.Version] = append(found[c.Name+"@"+c.Version], c)
			names[c.Key] = require.Normalize(c.Name) + "@" + c.Version
		}
	}
	distinct := map[string]bool{}
	for _, d := range want.Dists {
		distinct[d.Name+"@"+d.Version] = true
		one := d
		same := func(c *sbom.Component) bool { return difference(c, one) == "" }
		switch here := found[d.Name+"@"+d.Version]; {
		case len(here) == 0:
			t.Errorf("%s %s is missing", d.Name, d.Version)
		case !slices.ContainsFunc(here, same):
			t.Errorf("%s %s: %s", d.Name, d.Version, difference(here[0], d))
		}
	}
	for name := range found {
		if !distinct[name] {
			t.Errorf("%s is found, and Python has none", name)
		}
	}
	edges := 0
	open := map[string]bool{}
	for _, f := range inv.Findings {
		if f.Code == "python.marker" {
			open[names[f.Subject]] = true
		}
	}
	got := map[[2]string]bool{}
	for _, e := range inv.Edges {
		if from, to := names[e.From], names[e.To]; from != "" && to != "" && from != to {
			got[[2]string{from, to}] = true
		}
	}
	for _, e := range want.Edges {
		if !got[e] && !open[e[0]] {
			t.Errorf("edge %s -> %s is missing", e[0], e[1])
		}
		if got[e] {
			edges++
		}
		delete(got, e)
	}
	for e := range got {
		t.Errorf("edge %s -> %s is found, and Python has none", e[0], e[1])
	}
	t.Logf("%s: %d distributions, %d of %d edges, %d with open markers", want.Folder, len(want.Dists), edges,
		len(want.Edges), len(open))
}

// difference says in what a component differs from the truth.
func difference(c *sbom.Component, d distribution) string {
	texts := []struct{ what, got, want string }{
		{"summary", c.Description, strings.TrimSpace(known(d.Summary))},
		{"requirements", fmt.Sprint(requirements(c)), fmt.Sprint(spread(d.Requires))},
		{"installer", property(c, propInstaller), d.Installer},
		{"requested", fmt.Sprint(property(c, propRequested) != ""), fmt.Sprint(d.Requested)},
		{"commit", property(c, propCommit), d.Commit},
	}
	texts = append(texts, struct{ what, got, want string }{"origin", origin(c), d.Origin})
	if d.Expression == "" {
		got, want := licences(c, d)
		texts = append(texts, struct{ what, got, want string }{"licence", got, want})
	}
	if d.Expression != "" {
		texts = append(texts, struct{ what, got, want string }{"licence", c.Declared, d.Expression})
	}
	if d.Files > 0 {
		texts = append(texts, struct{ what, got, want string }{"files", fmt.Sprint(len(c.Owns)), fmt.Sprint(d.Files)})
	}
	for _, x := range texts {
		if x.got != x.want {
			return fmt.Sprintf("got %s %q, want %q", x.what, x.got, x.want)
		}
	}
	return ""
}

// origin returns where c was installed from: revision, folder within, whether it is
// editable, and the digest of the archive.
func origin(c *sbom.Component) string {
	_, sum, _ := strings.Cut(property(c, propHash), ":")
	for _, l := range c.Links {
		for _, digest := range l.Digests {
			if digest.Algorithm == "SHA-256" {
				sum = digest.Value
			}
		}
	}
	return strings.Join([]string{property(c, propRevision), property(c, propSubdirectory), fmt.Sprint(property(c, propEditable) != ""), sum}, " ")
}

// licences returns what c has for the licence in words, and what Python has: the
// License field and the classifiers. One SPDX identifier says the same as the field,
// or as the only classifier.
func licences(c *sbom.Component, d distribution) (got, want string) {
	words := func(s string) string { return strings.Join(strings.Fields(s), " ") }
	want = words(known(d.License) + " " + strings.Join(d.Classifiers, " "))
	var id string
	if len(d.Classifiers) == 1 {
		_, ids := dist.LicenceClassifiers([]string{"License :: OSI Approved :: " + d.Classifiers[0]})
		id = strings.Join(ids, "")
	}
	switch {
	case strings.HasPrefix(c.Declared, "LicenseRef-"):
		return words(c.LicenseTexts[0].Text), want
	case c.Declared != "" && (c.Declared == validExpression(d.License) || c.Declared == id):
		return want, want
	}
	return c.Declared, want
}

func property(c *sbom.Component, name string) string {
	for _, p := range c.Properties {
		if p.Name == name {
			return p.Value
		}
	}
	return ""
}

// requirements returns the requirements of c, sorted and in one spelling.
func requirements(c *sbom.Component) []string {
	var all []string
	for _, token := range c.DependsOn {
		if text, ok := strings.CutPrefix(token, tokenRequirement); ok {
			all = append(all, text)
		}
	}
	return spread(all)
}

// spread drops what tools spell differently: space and the kind of quotes.
func spread(all []string) []string {
	set := map[string]bool{}
	plain := strings.NewReplacer(" ", "", "'", `"`, "\n", "")
	for _, s := range all {
		set[plain.Replace(s)] = true
	}
	return slices.Sorted(maps.Keys(set))
}

func TestInstalledAgainstPip(t *testing.T) {
	var want []truth
	oracle.Ask(t, inspectScript, nil, &want)
	if len(want) == 0 {
		oracle.Missing(t, "a folder of distributions (Debian: python3-pip)")
	}
	for _, w := range want {
		t.Run(w.Folder, func(t *testing.T) {
			checkTruth(t, scanFolder(t, w.Folder), w)
			checkAudit(t, w.Folder, w.Folder)
		})
	}
}
