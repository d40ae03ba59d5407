// Command nova says which of two versions is newer.
package main

import (
	"fmt"
	"os"

	"golang.org/x/mod/semver"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: nova VERSION VERSION")
		os.Exit(2)
	}
	if semver.Compare(os.Args[1], os.Args[2]) < 0 {
		fmt.Println(os.Args[2])
		return
	}
	fmt.Println(os.Args[1])
}
