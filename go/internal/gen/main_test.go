package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

func TestGeneratedFilesAreCurrent(t *testing.T) {
	files, err := generate(filepath.Join("..", "..", "..", "include", "seafoam-api.json"))
	if err != nil {
		t.Fatal(err)
	}
	there, err := filepath.Glob(filepath.Join("..", "..", "*_gen.go"))
	if err != nil || len(there) != len(files) {
		t.Errorf("%d files are generated, but there are %v (%v)", len(files), there, err)
	}
	for name, made := range files {
		committed, err := os.ReadFile(filepath.Join("..", "..", name))
		if err != nil || !bytes.Equal(committed, made) {
			t.Errorf("%s is not what go generate makes (%v)", name, err)
		}
	}
}

func TestNames(t *testing.T) {
	for name, expected := range map[string]string{
		"listen_ip": "ListenIP", "is_lighthouse": "IsLighthouse", "PING_NO_DATA": "PingNoData",
	} {
		if made := pascal(name); made != expected {
			t.Errorf("%s became %s", name, made)
		}
	}
}

func TestWhatIsNoManifestIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "manifest.json")
	for _, text := range []string{"", "[]", "{}", `{"error_codes": 1}`} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if files, err := generate(path); err == nil {
			t.Errorf("%q made %d files", text, len(files))
		}
	}
}
