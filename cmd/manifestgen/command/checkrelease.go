package command

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"

	"github.com/manifestgen/manifestgen/sbom"
	"github.com/manifestgen/manifestgen/sbom/artifact"
	"github.com/manifestgen/manifestgen/sbom/policy"
	"github.com/manifestgen/manifestgen/sbom/release"
)

// checkRelease judges every artifact in the folder of a release that has a
// manifest of its own, and the release as a whole.
func (k *check) checkRelease(ctx context.Context, dir string, p plan) ([]*policy.Report, error) {
	files, err := release.Files(ctx, dir, isManifestName)
	if err != nil {
		return nil, &exitError{exitUnusable, err}
	}
	r := &policy.Release{Broken: map[string]string{}}
	for _, f := range files {
		if err := k.addFile(ctx, r, dir, f); err != nil {
			return nil, &exitError{exitUnusable, err}
		}
	}
	reports, err := k.checkMembers(ctx, r, dir, p)
	if err != nil {
		return nil, err
	}
	whole, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	profile, _ := policy.ByName(policy.Folder)
	s := &policy.Subject{Release: r, Now: k.process.Now(), Manifest: &sbom.Manifest{
		Principal: &sbom.Principal{Component: sbom.Component{Name: filepath.Base(whole)}}}}
	last, err := policy.Check(s, profile, policy.Options{Strict: k.strict})
	return append(reports, last), err
}

// checkMembers judges the artifacts that have manifests, by the first of each.
func (k *check) checkMembers(ctx context.Context, r *policy.Release, dir string, p plan) ([]*policy.Report, error) {
	var reports []*policy.Report
	done := map[string]bool{}
	for _, f := range r.Files {
		if f.Manifest == nil || f.Of == "" || done[f.Of] || !isArtifact(r, f.Of) {
			continue
		}
		done[f.Of] = true
		s := &policy.Subject{Manifest: f.Manifest, Document: f.Document, Release: r}
		if err := k.readArtifact(ctx, filepath.Join(dir, filepath.FromSlash(f.Of)), p, s); err != nil {
			return nil, err
		}
		judged, err := k.judge(ctx, p, s)
		if err != nil {
			return nil, err
		}
		reports = append(reports, judged...)
	}
	return reports, nil
}

func isArtifact(r *policy.Release, path string) bool {
	return slices.ContainsFunc(r.Files, func(f policy.File) bool { return f.Path == path && f.Kind == policy.ArtifactFile })
}

// addFile reads a file of a release: its digests, and what it says if it is a
// manifest or a list of checksums.
func (k *check) addFile(ctx context.Context, r *policy.Release, dir string, f release.File) error {
	name := filepath.Join(dir, filepath.FromSlash(f.Path))
	file := policy.File{Path: f.Path, Kind: policy.FileKind(f.Kind), Of: f.Of}
	var err error
	if file.Size, file.Digests, err = hashFile(ctx, name); err != nil {
		return err
	}
	switch f.Kind {
	case release.ManifestFile:
		file.Manifest, file.Document, err = k.readDocument(name)
	case release.ChecksumFile:
		err = addSums(r, name, f.Path)
	}
	if err != nil {
		r.Broken[f.Path] = err.Error()
	}
	r.Files = append(r.Files, file)
	return ctx.Err()
}

func addSums(r *policy.Release, name, relative string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close() // it is only read
	sums, err := release.ParseChecksums(f)
	for _, s := range sums {
		r.Sums = append(r.Sums, policy.Sum{File: relative, Line: s.Line, Path: path.Join(path.Dir(relative), s.Path), Digest: s.Digest})
	}
	return err
}

// errNotRegular is the error of something in the folder of a release that cannot
// be published as a file.
var errNotRegular = errors.New("is no regular file")

// hashFile returns the size and the digests of a file, whatever is in it.
func hashFile(ctx context.Context, name string) (int64, []sbom.Digest, error) {
	info, err := os.Lstat(name)
	if err != nil {
		return 0, nil, err
	}
	if !info.Mode().IsRegular() {
		return 0, nil, fmt.Errorf("%s: %w", name, errNotRegular)
	}
	files, err := artifact.Open(ctx, "file:"+name, artifact.Options{})
	if err != nil {
		return 0, nil, err
	}
	return info.Size(), files[0].Digests, nil
}
