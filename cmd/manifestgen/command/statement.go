package command

// statementSuffix ends the names of files with in-toto statements.
const statementSuffix = ".intoto.json"
