package policy

import (
	"fmt"
	"slices"
)

// guidelines returns the default profile: seven things that those who publish
// binary artifacts owe those who run them. See the package comment.
func guidelines() Profile {
	p := Profile{
		Name: Default, Title: "Release guidelines", Standard: "Guidelines for Managing Releases of Binary Artifacts, 2017-05-30",
		Rules: slices.Clone(guidelineRules),
	}
	for i := range p.Rules {
		r := &p.Rules[i]
		r.Standard, r.Clause, r.Params = p.Standard, r.ID[:len("G1")], cloneParams(r.Params)
	}
	return p
}

// guidelineRules are the rules of the guidelines, by their clauses. What the
// guidelines call a must is one here; so is what would make the manifest say what
// is false, whatever the force of saying it at all.
var guidelineRules = []Rule{
	// G1
	{ID: "G1.name", Severity: Must, Check: checkName,
		Title: "The manifest names the principal component",
		Why:   "Users need to know what they download to find its documentation and its bugs.",
		Fix:   "Say it with --name, or in the record under artifacts: name."},
	{ID: "G1.version", Severity: Must, Check: checkVersion,
		Title: "The manifest states the version of the principal component",
		Why:   "Which artifacts are compatible, and whether one is affected by a fault, is asked by version.",
		Fix:   "Build from a signed tag and give --repo and --tag, or say it with --artifact-version."},
	{ID: "G1.architecture", Severity: Must, Check: checkArchitecture,
		Title: "The manifest states the architecture that the artifact is built for",
		Why:   "Users need to know whether the artifact runs on what they have.",
		Fix:   "Say it with --arch: amd64, arm64, or noarch for what runs everywhere."},
	{ID: "G1.name-readable", Severity: Must, Check: checkNameReadable,
		Title: "The name can be read off the artifact: its own metadata, or the name of the file or the image",
		Why:   "A manifest may get lost on the way; what the artifact is must not depend on it.",
		Fix:   "Publish it under the name that manifestgen name prints, or put the name into its own metadata: manifestgen label prints how."},
	{ID: "G1.version-readable", Severity: Must, Check: checkVersionReadable,
		Title: "The version can be read off the artifact: its own metadata, or the name of the file or the image",
		Why:   "A manifest may get lost on the way; which version this is must not depend on it.",
		Fix: "Publish it under the name that manifestgen name prints, an image under a tag that is the version; or put the version into its own metadata: " +
			"manifestgen label prints how. Of an image, a label will not do, which may be that of the base; an annotation will."},
	{ID: "G1.architecture-readable", Severity: Must, Check: checkArchitectureReadable,
		Title: "The architecture can be read off the artifact: its own metadata or the name of the file",
		Why:   "A manifest may get lost on the way; what the artifact runs on must not depend on it.",
		Fix:   "Publish it under the name that manifestgen name prints, or put the architecture into its own metadata."},
	{ID: "G1.version-agrees", Severity: Must, Check: checkVersionAgrees,
		Title: "The artifact itself says no other version than the manifest",
		Why:   "Of two versions one is wrong, and users will report bugs against it.",
		Fix:   "Build again from the tag of the version, with the version in the build; or take back --artifact-version if the artifact is right."},
	{ID: "G1.architecture-agrees", Severity: Must, Check: checkArchitectureAgrees,
		Title: "The artifact itself says no other architecture than the manifest",
		Why:   "An artifact under the wrong architecture does not run.",
		Fix:   "Take back --arch, or publish the artifact that was built for it. For an image, build it from a base of that platform."},
	// G2
	{ID: "G2.artifact", Severity: Must, Check: checkDigests,
		Title: "The manifest is of this artifact: the digests are the same",
		Why:   "A manifest of another build says nothing about this one.",
		Fix:   "Make the manifest again from the artifact that is published, after the last step that changes it."},
	{ID: "G2.scan", Severity: Must, Check: checkScan,
		Title: "A scan of the artifact finds what the manifest lists, no more and no less",
		Why:   "Users look for faults in components by this list.",
		Fix:   "Make the manifest again from the artifact that is published, with the same options (--source, --modcache) as the check."},
	{ID: "G2.components", Severity: Must, Check: checkComponents,
		Title: "The manifest lists components, or says that there are none",
		Why:   "A list that is empty because nothing was looked for hides every fault.",
		Fix:   "See with manifestgen catalogers what can be found, and build so that it is there: with Go build information, with the database of packages in the image. If there is nothing inside, say so with --contents complete."},
	{ID: "G2.versions", Severity: Must, Check: checkVersions,
		Title: "Every component has a version",
		Why:   "A fault is announced for versions: a component without one is in doubt for ever.",
		Fix:   "Give the components that are named a version: a release in place of a folder in go.mod's replace, an installed distribution in place of copied files."},
	{ID: "G2.gaps", Severity: Must, Check: checkGaps,
		Title: "All of the artifact could be read",
		Why:   "What could not be read may hold components that nobody looks at.",
		Fix:   "Look at the findings that are named: repair or leave out the file, or raise the limit, and make the manifest again."},
	{ID: "G2.sound", Severity: Must, Check: checkClosed,
		Title: "The manifest is sound: every reference leads somewhere",
		Why:   "Tools that read it fail, or leave out what they do not find.",
		Fix:   "Make the manifest again; if another tool made it, report it there."},
	// G3
	{ID: "G3.built", Severity: Should, Check: checkBuilt,
		Title: "The manifest says when the artifact was built",
		Why:   "The contents of an artifact age: users need to see how far out of date it is.",
		Fix:   "Say it with --built now when you build, or --built mtime for the time of the file."},
	{ID: "G3.built-true", Severity: Must, Check: checkBuiltTrue,
		Title:  "The date of the build can be true",
		Why:    "A date that cannot be true misleads; none would be better.",
		Fix:    "Say the true one with --built. It is the time of the build, not of the commit.",
		Params: []Param{{"oldest", Number, "the first year in which it can have been built", []string{"2001"}}}},
	{ID: "G3.published", Severity: Must, Check: checkPublished,
		Title: "The date of publication, if it is stated, can be true",
		Why:   "Users tell by it how old the release is: it is not before the build, and not in the future.",
		Fix:   "Say the true one with manifestgen stamp --published."},
	// G4
	{ID: "G4.repository", Severity: Must, Check: checkRepository,
		Title: "The manifest says where the source is",
		Why:   "Nobody can build again what they cannot fetch.",
		Fix:   "Say it with --repository, or in the record under repository, as users can fetch it."},
	{ID: "G4.commit", Severity: Should, Check: checkCommit,
		Title: "The manifest says which commit the artifact was built from",
		Why:   "Developers need the very source to investigate what users report.",
		Fix:   "Build inside the repository and give --repo, or say it with --commit."},
	{ID: "G4.clean", Severity: Should, Check: checkClean,
		Title: "The artifact was built from a work tree without changes",
		Why:   "Changes that are in no commit are nowhere: nobody can build the same again.",
		Fix:   "Commit or stash the changes, and build again."},
	{ID: "G4.tag", Severity: Should, Check: checkTag,
		Title: "The artifact was built from a tag",
		Why:   "Nobody should have to support arbitrary versions: a tag is a point in history that was meant to be used.",
		Fix:   "Tag the commit with git tag -s, build from there, and give --tag or --repo."},
	{ID: "G4.tag-signed", Severity: Should, Check: checkTagSigned,
		Title: "The tag is signed by somebody whom the project trusts",
		Why:   "Without a signature a tag is whatever somebody who can push it says.",
		Fix:   "Sign it with git tag -s by a key that the record lists under signers; see why with manifestgen verify-tag."},
	{ID: "G4.tag-commit", Severity: Should, Check: checkTagCommit,
		Title: "The tag leads to the commit that the manifest names",
		Why:   "A tag of another commit gives users another source than that of the artifact.",
		Fix:   "Build again from the tag, or tag the commit that was built under a new version: do not move a tag."},
	{ID: "G4.tag-version", Severity: Must, Check: checkTagVersion,
		Title: "The tag names the version that the manifest states",
		Why:   "Of two versions one is wrong.",
		Fix:   "Build from the tag of the version; if tags name versions in a way of their own, say so with --tag-pattern or in the record under tag."},
	{ID: "G4.inputs", Severity: Must, Check: checkInputs,
		Title: "The manifest lists what is needed to build the artifact again",
		Why:   "Anyone must be able to rebuild it: with its configuration and its build scripts.",
		Fix:   "Give --repo, and what is not in the repository with --input, or in the record under inputs."},
	{ID: "G4.input-digests", Severity: Must, Check: checkInputDigests,
		Title: "Each build input has a digest",
		Why:   "What has no digest may be another thing tomorrow.",
		Fix:   "Give it as URL@sha256:DIGEST with --input; name base images in the Dockerfile by digest."},
	{ID: "G4.input-places", Severity: Must, Check: checkInputPlaces,
		Title: "Each build input says where it can be had",
		Why:   "An input that cannot be had is not made available.",
		Fix:   "Commit it, and say with --repository where the repository is; or give its URL with --input."},
	{ID: "G4.inputs-now", Severity: Must, Check: checkInputsNow,
		Title: "Each build input is still what it was",
		Why:   "The build that users can do must be the one that was done.",
		Fix:   "Check out the commit that was built and run the check there, with --repo; or make the manifest again."},
	// G5
	{ID: "G5.team", Severity: Should, Check: checkTeam,
		Title: "The manifest names the team that makes the artifact",
		Why:   "Only a few people can address issues: users need to know who.",
		Fix:   "Say it with --team, or in the record under team."},
	{ID: "G5.community", Severity: Must, Check: checkCommunity,
		Title: "Nothing says or implies that a whole community makes the artifact",
		Why:   "If only a few people can address issues, the community at large must not seem to own the artifact.",
		Fix:   "Name the team in its place: --team, --description, the labels of the image, the metadata of the package.",
		Params: []Param{
			{"names", Pattern, "what a name of a maker must not be", communityNames},
			{"texts", Pattern, "what no text must say", communityTexts},
			{"allowed", Pattern, "what may be said all the same, such as the name of a product", nil},
		}},
	// G6
	{ID: "G6.issues", Severity: Must, Check: checkIssues,
		Title:  "The manifest says where to report problems",
		Why:    "A subset of the community maintains the artifact: consumers need to know where to go for help.",
		Fix:    "Say it with --issues, or in the record under support: issues. It is a URL that begins with https.",
		Params: []Param{{"types", Text, "the types of links that will do", []string{"issue-tracker"}}}},
	{ID: "G6.security", Severity: May, Check: checkSecurity,
		Title:  "The manifest says where to report vulnerabilities",
		Why:    "Who finds one should not have to tell everybody.",
		Fix:    "Say it with --security, or in the record under support: security.",
		Params: []Param{{"types", Text, "the types of links that will do", []string{"security-contact", "rfc-9116"}}}},
	// G7
	{ID: "G7.licence", Severity: Must, Check: checkLicence,
		Title: "The manifest states the licence of the artifact",
		Why:   "The licence says what users may do, and what they may not expect.",
		Fix:   "Say it with --licence, as an SPDX expression, or in the record under licence."},
	{ID: "G7.disclaimer", Severity: Must, Check: checkDisclaimer,
		Title:  "Warranty is disclaimed, by the licence or by the publisher",
		Why:    "Consumers need to understand the limits of the support they are likely to get.",
		Fix:    "Say with --disclaimer where or in which words warranty is disclaimed, or in the record under disclaimer.",
		Params: []Param{{"texts", Pattern, "the words that disclaim warranty", disclaimingTexts}}},
	{ID: "G7.promises", Severity: Must, Check: checkPromises,
		Title: "Nothing promises warranty or support in the name of others",
		Why:   "A team may offer support; it must not seem to bind the rest of the community.",
		Fix:   "Say in the description, the labels and the disclaimer only what the team itself offers.",
		Params: []Param{
			{"texts", Pattern, "what no text must say", promisingTexts},
			{"allowed", Pattern, "what may be said all the same", nil},
		}},
}

// some matches a few words and what is between them.
const some = `(?:[^\s.;:!?]+\s+){0,6}`

// community is who a team must not speak for.
const community = `(?:communit(?:y|ies)|contributors|foundation|upstream(?:\s+project)?|open\s+source\s+world)`

var communityNames = []string{`(?i)\bcommunity\W*$`}

var communityTexts = []string{`(?i)\bthe\s+` + some + `community\b`}

var promisingTexts = []string{
	fmt.Sprintf(`(?i)\b(?:support(?:ed)?|warrant(?:y|ed|ies)|guaranteed?|liab(?:le|ility)|backed)\s+(?:\S+\s+){0,2}(?:by|from|of|through)\s+(?:the|our|its)\s+%s%s\b`, some, community),
	fmt.Sprintf(`(?i)\b(?:the|our|its)\s+%s%s\s+(?:(?:will|shall|also|fully|officially)\s+)*(?:supports?|warrants?|guarantees?|stands?\s+behind|is\s+liable|are\s+liable|offers?\s+(?:support|warranty)|provides?\s+(?:support|warranty))\b`, some, community),
	`(?i)\bcommunity[-\s]+(?:supported|backed|guaranteed|warranted)\b`,
}

var disclaimingTexts = []string{
	`(?i)\bwithout\s+(?:any\s+)?(?:express(?:ed)?\s+or\s+implied\s+)?warrant(?:y|ies)\b`,
	`(?i)\bno\s+(?:\S+\s+){0,3}warrant(?:y|ies)\b`,
	`(?i)\bwithout\s+(?:\S+\s+){0,4}warrant(?:y|ies)\b`,
	`(?i)\bdisclaim(?:s|ed|er|ing)?\b`,
	`(?i)\bas[-\s]is\b`,
}
