package seafoam_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"seafoam"
)

// patience is how long a test waits for what must happen.
const patience = 20 * time.Second

type named struct {
	Name, Doc, Kind, Shape string
	Number                 int
	Callable               bool
	Fields, Arguments      []named
}

// table reads one table of the manifest.
func table[T any](t *testing.T, name string) T {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "include", "seafoam-api.json"))
	if err != nil {
		t.Fatal(err)
	}
	var tables map[string]json.RawMessage
	if err := json.Unmarshal(text, &tables); err != nil {
		t.Fatal(err)
	}
	var rows T
	if err := json.Unmarshal(tables[name], &rows); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return rows
}

func pascal(name string) string {
	made := ""
	for _, part := range strings.Split(strings.ToLower(name), "_") {
		if part == "ip" {
			made += "IP"
		} else {
			made += strings.ToUpper(part[:1]) + part[1:]
		}
	}
	return made
}

func soon(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

// quiet are the options of every test: no multicast, any free port, nothing from the environment.
func quiet(cluster string, more ...seafoam.Option) []seafoam.Option {
	return append([]seafoam.Option{
		seafoam.WithoutEnvironment(), seafoam.WithClusterName(cluster), seafoam.WithListenPort(0),
		seafoam.WithMulticastEnabled(false), seafoam.WithHeartbeatMillis(50),
		seafoam.WithMinPingTimeMillis(100), seafoam.WithSuspicionFloorMillis(400),
		seafoam.WithLogLevel(seafoam.LevelOff),
	}, more...)
}

// start begins a node that is closed when the test ends.
func start(t testing.TB, more ...seafoam.Option) *seafoam.Cluster {
	t.Helper()
	cluster, err := seafoam.Start(context.Background(), quiet(t.Name(), more...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cluster.Close(); err != nil {
			t.Error(err)
		}
	})
	return cluster
}

// startAll begins nodes of these names that know each other.
func startAll(t *testing.T, names ...string) []*seafoam.Cluster {
	t.Helper()
	var clusters []*seafoam.Cluster
	for _, name := range names {
		options := []seafoam.Option{seafoam.WithName(name)}
		if len(clusters) > 0 {
			options = append(options, seafoam.WithInitialHosts(local(t, clusters[0]).Address))
		}
		clusters = append(clusters, start(t, options...))
	}
	for _, cluster := range clusters {
		must(t, cluster.Ready(soon(t), len(names)))
	}
	return clusters
}

func local(t testing.TB, cluster *seafoam.Cluster) *seafoam.Node {
	t.Helper()
	return must1(cluster.LocalNode())(t)
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// must1 is must for a call with a result: must1(call())(t).
func must1[T any](value T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		must(t, err)
		return value
	}
}

// await reads until an event of this type fulfils a condition.
func await[E seafoam.Event](t *testing.T, events *seafoam.Subscription, found func(E) bool) E {
	t.Helper()
	var seen []seafoam.Event
	for event := range events.All(soon(t)) {
		if wanted, ok := event.(E); ok && found(wanted) {
			return wanted
		}
		seen = append(seen, event)
	}
	var none E
	t.Fatalf("no such %T came, but %v", none, seen)
	return none
}

func awaitStatus(t *testing.T, events *seafoam.Subscription, name string, status seafoam.NodeStatus) *seafoam.StatusEvent {
	t.Helper()
	return await(t, events, func(event *seafoam.StatusEvent) bool {
		return event.Node.Name == name && event.Status == status
	})
}

// within fails where something does not end in time.
func within(t *testing.T, limit time.Duration, what string, run func()) {
	t.Helper()
	done := make(chan struct{})
	begin := time.Now()
	go func() {
		defer close(done)
		run()
	}()
	select {
	case <-done:
	case <-time.After(patience):
		t.Fatalf("%s does not end", what)
	}
	if took := time.Since(begin); took > limit {
		t.Fatalf("%s took %v, at most %v is fine", what, took, limit)
	}
}

func contains(text, part string) bool { return strings.Contains(text, part) }
