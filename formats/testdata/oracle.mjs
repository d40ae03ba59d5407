// Validates documents with libraries that others wrote: CycloneDX in JSON with
// @cyclonedx/cyclonedx-library and, from 1.4 on, cdxgen, which also looks at
// references, package URLs and metadata; SPDX 3 with cdxgen.
//
// usage: node oracle.mjs NODE_MODULES FILE...
//
// It prints what is wrong, and as its last line how many documents it looked at.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [modules, ...files] = process.argv.slice(2);
const load = (file) => import(pathToFileURL(resolve(modules, file)));
const { Validation } = createRequire(resolve(modules) + "/")("@cyclonedx/cyclonedx-library");
const cdxgen = await load("@cyclonedx/cdxgen/lib/validator/bomValidator.js");

// cdxgen tells what is wrong on the console.
const said = [];
for (const level of ["log", "warn", "error", "info"]) {
	console[level] = (...args) => said.push(args.map((a) => (typeof a === "string" ? a : JSON.stringify(a))).join(" "));
}
// It wants details of keys and algorithms, which nobody has to give.
const minor = /^\["cryptoProperties is missing for [^"]*"\]$/;
const print = (s) => process.stdout.write(s + "\n");

for (const file of files) {
	const text = readFileSync(file, "utf8");
	const doc = JSON.parse(text);
	if (doc.bomFormat) {
		const errors = await new Validation.JsonStrictValidator(doc.specVersion).validate(text);
		if (errors) print(`${file}: cyclonedx-library: ${JSON.stringify(errors).slice(0, 1000)}`);
	}
	said.length = 0;
	let ok = true;
	if (doc["@graph"]) ok = cdxgen.validateSpdx(doc);
	else if (doc.specVersion >= "1.4") ok = cdxgen.validateBom(doc);
	if (!ok && !said.every((s) => minor.test(s))) print(`${file}: cdxgen: ${said.join("\n").slice(0, 1000)}`);
}
print(`${files.length} documents`);
