package command

import (
	"os"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/manifestgen/manifestgen/sbom"
	"github.com/manifestgen/manifestgen/sbom/release"
)

// The groups of flags, in the order in which help shows them.
const (
	groupIdentity = "What it is"
	groupTeam     = "Who makes it, and where to get help"
	groupSource   = "What it was built from"
	groupTrust    = "Whom to believe"
	groupOther    = "Flags"
)

var groups = []string{groupIdentity, groupTeam, groupSource, groupTrust, groupOther}

// factFlags are the flags by which a person says what neither the artifact nor a
// release record says, or says it better.
type factFlags struct {
	name, version, architecture, system, description string
	licence, disclaimer                              string
	contents                                         string
	built, published                                 string

	team, teamURL                string
	contacts                     []string
	issues, security, docs, chat string
	supportLevel, supportEnd     string

	repository, commit, tag, tagPattern string
	inputs                              []string
	buildCommand, builder               string
	buildEnvironment                    []string

	record, repo             string
	keyrings, allowedSigners []string
}

// add adds the flags to f, each in a group.
func (x *factFlags) add(f *pflag.FlagSet) {
	in := grouped(f)
	in(groupIdentity, func() {
		f.StringVar(&x.name, "name", "", "its `NAME`")
		f.StringVar(&x.version, "artifact-version", "", "its `VERSION`")
		f.StringVar(&x.architecture, "arch", "", "the `ARCHITECTURE` it is built for")
		f.StringVar(&x.system, "os", "", "the operating `SYSTEM` it is built for")
		f.StringVar(&x.description, "description", "", "what it is, in a `SENTENCE`")
		f.StringVar(&x.licence, "licence", "", "its licence, as an SPDX `EXPRESSION`")
		f.StringVar(&x.disclaimer, "disclaimer", "", "where or how warranty is disclaimed: a `TEXT`")
		f.StringVar(&x.contents, "contents", "", "whether all that is inside is listed, if you know: complete or incomplete")
		f.StringVar(&x.built, "built", "", "when it was built: a `TIME` such as 2026-11-20T12:00:00Z, now, or mtime for that of the file")
		f.StringVar(&x.published, "published", "", "when it was published: a `TIME`, or now")
	})
	in(groupTeam, func() {
		f.StringVar(&x.team, "team", "", "the `NAME` of the team")
		f.StringVar(&x.teamURL, "team-url", "", "the `URL` of the team")
		f.StringArrayVar(&x.contacts, "contact", nil, "an `ADDRESS` for electronic mail; may be repeated")
		f.StringVar(&x.issues, "issues", "", "the `URL` of the bug tracker")
		f.StringVar(&x.security, "security", "", "the `URL` to report vulnerabilities to")
		f.StringVar(&x.docs, "docs", "", "the `URL` of the documentation")
		f.StringVar(&x.chat, "chat", "", "the `URL` where people talk")
		f.StringVar(&x.supportLevel, "support-level", "", "what support there is, in a `WORD` of SPDX 3: "+strings.Join(release.SupportLevels(), ", "))
		f.StringVar(&x.supportEnd, "support-end", "", "the last `DAY` of support, such as 2028-04-30")
	})
	in(groupSource, func() {
		f.StringVar(&x.repository, "repository", "", "the `URL` of the repository, for users")
		f.StringVar(&x.commit, "commit", "", "the full `ID` of the commit")
		f.StringVar(&x.tag, "tag", "", "the `NAME` of the release tag")
		f.StringVar(&x.tagPattern, "tag-pattern", "", "how tags name versions, such as v{version}: a `TEXT`")
		f.StringArrayVar(&x.inputs, "input", nil, "a `FILE` that the build needs, or URL@sha256:DIGEST, or IMAGE@sha256:DIGEST; may be repeated")
		f.StringVar(&x.buildCommand, "build-command", "", "the `COMMAND` that builds it")
		f.StringSliceVar(&x.buildEnvironment, "build-environment", nil, "the `NAMES` of the environment variables that matter to the build")
		f.StringVar(&x.builder, "builder", "", "the `URI` of the system that built it")
	})
	in(groupTrust, x.addTrust(f))
}

// addTrust returns a function that adds the flags that say where to look and who
// may sign.
func (x *factFlags) addTrust(f *pflag.FlagSet) func() {
	return func() {
		f.StringVar(&x.record, "record", "", "the release record, a `FILE`; without it, manifestgen.yaml at the top of the repository")
		f.StringVar(&x.repo, "repo", "", "a `FOLDER` of the git repository that it was built from")
		f.StringArrayVar(&x.keyrings, "keyring", nil, "a `FILE` of OpenPGP keys that may sign tags; may be repeated")
		f.StringArrayVar(&x.allowedSigners, "allowed-signers", nil, "a `FILE` of SSH keys that may sign tags, in the format of OpenSSH's allowed_signers; may be repeated")
	}
}

// grouped returns a function that puts the flags that another one adds into a
// group.
func grouped(f *pflag.FlagSet) func(group string, add func()) {
	return func(group string, add func()) {
		before := map[string]bool{}
		f.VisitAll(func(x *pflag.Flag) { before[x.Name] = true })
		add()
		f.VisitAll(func(x *pflag.Flag) {
			if !before[x.Name] {
				x.Annotations = map[string][]string{"group": {group}}
			}
		})
	}
}

// options returns what the flags say.
func (x *factFlags) options(now time.Time) (o release.Options, err error) {
	o = release.Options{
		Record: x.record, Repository: x.repo, TagPattern: x.tagPattern,
		Keyrings: x.keyrings, AllowedSigners: x.allowedSigners, Inputs: x.inputs, Now: now.UTC(),
	}
	if o.Dir, err = os.Getwd(); err != nil {
		o.Dir = "" // then nothing is looked for
	}
	o.Flags = sbom.Principal{
		Component: sbom.Component{
			Name: x.name, Version: x.version, Architecture: x.architecture, OS: x.system, Description: x.description,
			Declared: x.licence, Maker: sbom.Party{Name: x.team, URL: x.teamURL},
		},
		Disclaimer: x.disclaimer, SupportLevel: x.supportLevel,
		Repository: x.repository, Commit: x.commit, Tag: x.tag,
	}
	switch c := sbom.Completeness(x.contents); c {
	case "", sbom.Complete, sbom.Incomplete:
		o.Flags.Contents = c
	default:
		return o, usage("--contents %s: want complete or incomplete", x.contents)
	}
	for _, address := range x.contacts {
		o.Flags.Maker.Contacts = append(o.Flags.Maker.Contacts, sbom.Contact{Email: address})
	}
	o.Flags.Links = links(map[string]string{"issue-tracker": x.issues, "security-contact": x.security, "documentation": x.docs, "chat": x.chat})
	o.Flags.Settings = release.BuildSettings(x.buildCommand, x.buildEnvironment, x.builder)
	return o, x.times(&o.Flags, now)
}

// links makes a link of each URL that is given, by type.
func links(urls map[string]string) []sbom.Link {
	var all []sbom.Link
	for _, kind := range []string{"issue-tracker", "security-contact", "documentation", "chat", "distribution"} {
		if urls[kind] != "" {
			all = append(all, sbom.Link{Type: kind, URL: urls[kind]})
		}
	}
	return all
}

func (x *factFlags) times(p *sbom.Principal, now time.Time) (err error) {
	if x.team == "" && (x.teamURL != "" || len(x.contacts) > 0) {
		return usage("--team-url and --contact are about a team: give --team")
	}
	if x.built != "mtime" {
		if p.Built, err = parseTime("built", x.built, now); err != nil {
			return err
		}
	}
	if p.Published, err = parseTime("published", x.published, now); err != nil {
		return err
	}
	p.SupportEnd, err = parseTime("support-end", x.supportEnd, now)
	return err
}

// parseTime reads the value of a flag that is a time.
func parseTime(flag, value string, now time.Time) (time.Time, error) {
	switch value {
	case "":
		return time.Time{}, nil
	case "now":
		return now.UTC().Truncate(time.Second), nil
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(layout, value); err == nil {
			return t.UTC().Truncate(time.Second), nil
		}
	}
	return time.Time{}, usage("--%s %q: not a time such as 2026-11-20T12:00:00Z, a day such as 2026-11-20, or now", flag, value)
}
