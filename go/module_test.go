package seafoam_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"seafoam"
)

const strangersProgram = `package main

import (
	"context"
	"fmt"

	"seafoam"
)

func main() {
	cluster, err := seafoam.Start(context.Background(), seafoam.WithListenPort(0),
		seafoam.WithMulticastEnabled(false), seafoam.WithLogLevel(seafoam.LevelOff))
	if err != nil {
		panic(err)
	}
	defer cluster.Close()
	for event := range cluster.Events(context.Background(), seafoam.Initial()) {
		fmt.Print(seafoam.Version(), " ", event.Kind())
		break
	}
}
`

// A program in a module of its own takes the package by a replace line, as docs/go.md says, and links
// with the library in the repository, or with the one that pkg-config knows.
func TestAModuleOfItsOwnUsesThePackage(t *testing.T) {
	here := must1(filepath.Abs("."))(t)
	folder := t.TempDir()
	write := func(name, text string) { must(t, os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600)) }
	write("go.mod", "module stranger\n\ngo 1.23\n\nrequire seafoam v0.0.0\n\nreplace seafoam => "+here+"\n")
	write("main.go", strangersProgram)
	// The tests are linked with a library of `make -C go`, which is where the loader looks first.
	library, _, _ := strings.Cut(os.Getenv("LD_LIBRARY_PATH"), ":")
	describe := func(name, libraries string) {
		include := filepath.Join(here, "..", "include")
		write(name+".pc", fmt.Sprintf("Name: %s\nDescription: cluster membership\nVersion: %s\nCflags: -I%s\nLibs: -L%s %s\n",
			name, seafoam.Version(), include, library, libraries))
	}
	native := strings.TrimSpace(string(must1(os.ReadFile(filepath.Join("..", "packaging", "c", "native-static-libs")))(t)))
	describe("seafoam", "-lseafoam")
	describe("seafoam-static", "-l:libseafoam.a "+native)
	for _, tags := range []string{"", "seafoam_pkgconfig", "seafoam_static"} {
		t.Run("tags="+tags, func(t *testing.T) {
			if _, err := exec.LookPath("pkg-config"); tags != "" && err != nil {
				t.Skip("pkg-config is not installed")
			}
			if _, err := os.Stat(filepath.Join(library, "libseafoam.a")); tags == "seafoam_static" && err != nil {
				t.Skip("there is no archive beside the library")
			}
			build := exec.Command("go", "build", "-tags", tags, "-o", "stranger", ".")
			build.Dir = folder
			build.Env = append(os.Environ(), "PKG_CONFIG_PATH="+folder, "GOFLAGS=", "GOWORK=off")
			if tags != "" { // pkg-config alone says where the library is
				build.Env = append(build.Env, "CGO_LDFLAGS=")
			}
			if output, err := build.CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, output)
			}
			program := exec.Command(filepath.Join(folder, "stranger"))
			if tags == "seafoam_static" {
				program.Env = []string{"LD_LIBRARY_PATH="} // it needs no library
			}
			output := must1(program.CombinedOutput())(t)
			if string(output) != seafoam.Version()+" status" {
				t.Errorf("it says %q", output)
			}
		})
	}
}
