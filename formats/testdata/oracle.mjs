// Validates documents with libraries that others wrote: CycloneDX in JSON with
// @cyclonedx/cyclonedx-library and, from 1.4 on, cdxgen, which also looks at
// references, package URLs and metadata; SPDX 3 with ajv and the schema of cdxgen
// (what cdxgen checks beyond that is what its own documents have).
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
const require = createRequire(resolve(modules) + "/");
const { Validation } = require("@cyclonedx/cyclonedx-library");
const Ajv2020 = require("ajv/dist/2020").default;
const ajv = new Ajv2020({ strict: false, validateFormats: false });
const spdx3 = ajv.compile(JSON.parse(readFileSync(resolve(modules, "@cyclonedx/cdxgen/data/spdx-export.schema.json"), "utf8")));
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
	if (doc["@graph"] && !spdx3(doc)) print(`${file}: ajv: ${JSON.stringify(spdx3.errors).slice(0, 1000)}`);
	said.length = 0;
	if (doc.bomFormat && doc.specVersion >= "1.4" && !cdxgen.validateBom(doc) && !said.every((s) => minor.test(s))) {
		print(`${file}: cdxgen: ${said.join("\n").slice(0, 1000)}`);
	}
}
print(`${files.length} documents`);
