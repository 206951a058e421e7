package seafoam_test

import (
	"context"
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"seafoam"
)

// What Go adds to the calls of every language.
var ownCalls = []string{"ReadyValid", "Subscribe"}

// Names that Go takes for something else.
var otherNames = map[string]string{"LogLevel": "GetLogLevel"}

// declared are the exported names of the package: functions and types with their kind, and the
// numbers and texts of constants.
func declared(t *testing.T) (functions []string, constants map[string]string) {
	t.Helper()
	constants = map[string]string{}
	files, err := os.ReadDir(".")
	must(t, err)
	for _, entry := range files {
		if !strings.HasSuffix(entry.Name(), ".go") || strings.HasSuffix(entry.Name(), "_test.go") {
			continue
		}
		file := must1(parser.ParseFile(token.NewFileSet(), entry.Name(), nil, 0))(t)
		ast.Inspect(file, func(node ast.Node) bool {
			switch node := node.(type) {
			case *ast.FuncDecl:
				if node.Recv == nil && node.Name.IsExported() {
					functions = append(functions, node.Name.Name)
				}
				return false
			case *ast.ValueSpec:
				if len(node.Values) == 1 && node.Names[0].IsExported() {
					constants[node.Names[0].Name] = literal(node.Values[0])
				}
			}
			return true
		})
	}
	return functions, constants
}

func literal(value ast.Expr) string {
	switch value := value.(type) {
	case *ast.BasicLit:
		if text, err := strconv.Unquote(value.Value); err == nil {
			return text
		}
		return value.Value
	case *ast.UnaryExpr:
		return value.Op.String() + literal(value.X)
	}
	return ""
}

func TestEveryWordHasItsNumber(t *testing.T) {
	for name, words := range seafoam.Words() {
		expected := map[string]int{}
		for _, row := range table[[]named](t, name) {
			expected[row.Name] = row.Number
		}
		if !reflect.DeepEqual(words, expected) {
			t.Errorf("%s: %v, not %v", name, words, expected)
		}
	}
}

func TestEveryWordIsAConstant(t *testing.T) {
	_, constants := declared(t)
	prefixes := map[string]string{
		"error_codes": "Err", "event_kinds": "Kind", "hints": "Hint", "leader_scopes": "Scope", "link_directions": "Link",
		"log_levels": "Level", "node_ranks": "Rank", "node_statuses": "Status", "profiles": "Profile",
		"term_qualities": "Term", "validity_bases": "Basis", "validity_states": "Validity",
	}
	if len(prefixes) != len(seafoam.Words()) {
		t.Error("not every vocabulary is looked at")
	}
	for name, prefix := range prefixes {
		for _, row := range table[[]named](t, name) {
			if number := constants[prefix+pascal(row.Name)]; number != strconv.Itoa(row.Number) {
				t.Errorf("%s is %q, not %d", prefix+pascal(row.Name), number, row.Number)
			}
		}
	}
}

func TestEveryConstantAndLimit(t *testing.T) {
	_, constants := declared(t)
	for _, which := range []struct{ name, prefix string }{{"constants", ""}, {"limits", "Limit"}} {
		rows := table[map[string]float64](t, which.name)
		if len(rows) == 0 {
			t.Errorf("no %s", which.name)
		}
		for name, value := range rows {
			made, err := strconv.ParseFloat(constants[which.prefix+pascal(name)], 64)
			if err != nil || made != value {
				t.Errorf("%s is %v (%v), not %v", which.prefix+pascal(name), made, err, value)
			}
		}
	}
}

func TestWordsAreTexts(t *testing.T) {
	text := must1(json.Marshal(map[string]any{"status": seafoam.StatusDead}))(t)
	if string(text) != `{"status":"dead"}` {
		t.Errorf("made %s", text)
	}
	var status seafoam.NodeStatus
	must(t, status.UnmarshalText([]byte("left")))
	if status != seafoam.StatusLeft || status.String() != "left" {
		t.Errorf("read %v", status)
	}
	if err := status.UnmarshalText([]byte("gone")); !errors.Is(err, seafoam.ErrInvalidConfig) {
		t.Errorf("read a word that is none: %v", err)
	}
	if text := seafoam.NodeStatus(77).String(); text != "NodeStatus(77)" {
		t.Errorf("a later status is %s", text)
	}
}

type keyRow struct {
	Name, Environment, Default, Accepts, Doc, Shape string
	Live, Available, Secret                         bool
	Words                                           []string
}

func TestEveryConfigurationKey(t *testing.T) {
	_, constants := declared(t)
	rows := table[[]keyRow](t, "config_keys")
	keys := seafoam.ConfigKeys()
	if len(keys) != len(rows) {
		t.Fatalf("%d keys, not %d", len(keys), len(rows))
	}
	for index, row := range rows {
		expected := seafoam.ConfigKey{
			Name: row.Name, Environment: row.Environment, Default: row.Default, Accepts: row.Accepts,
			Live: row.Live, Available: row.Available, Secret: row.Secret, Doc: row.Doc,
		}
		if keys[index] != expected {
			t.Errorf("%+v, not %+v", keys[index], expected)
		}
		for prefix, text := range map[string]string{"Key": row.Name, "Env": row.Environment, "Default": row.Default} {
			if made, ok := constants[prefix+pascal(row.Name)]; !ok || made != text {
				t.Errorf("%s%s is %q, not %q", prefix, pascal(row.Name), made, text)
			}
		}
	}
}

func TestEveryConfigurationKeyHasAnOption(t *testing.T) {
	functions, _ := declared(t)
	expected := []string{"With", "WithoutEnvironment"}
	for _, row := range table[[]keyRow](t, "config_keys") {
		expected = append(expected, "With"+pascal(row.Name))
	}
	made := slices.DeleteFunc(functions, func(name string) bool { return !strings.HasPrefix(name, "With") })
	slices.Sort(made)
	slices.Sort(expected)
	if !slices.Equal(made, expected) {
		t.Errorf("options are %v, not %v", made, expected)
	}
}

// Defaults are accepted, and what is not available says so.
func TestTheEngineKnowsEveryKey(t *testing.T) {
	for _, key := range seafoam.ConfigKeys() {
		value := map[string]string{
			seafoam.KeyListenPort: "0", seafoam.KeyMulticastEnabled: "false", seafoam.KeyLogLevel: "off",
		}[key.Name]
		if value == "" {
			value = key.Default
		}
		cluster, err := seafoam.Start(context.Background(), quiet(t.Name(), seafoam.With(key.Name, value))...)
		if err != nil {
			if key.Available || !errors.Is(err, seafoam.ErrNotAvailable) {
				t.Errorf("%s: %v", key.Name, err)
			}
			continue
		}
		comparable := !key.Secret && value != "" && key.Name != seafoam.KeyListenPort // it reads the real one
		if text, err := cluster.Get(key.Name); err != nil || (comparable && text != value) {
			t.Errorf("%s is %q (%v), not %q", key.Name, text, err, value)
		}
		must(t, cluster.Close())
	}
}

func TestEveryEventKindHasItsStruct(t *testing.T) {
	events := []seafoam.Event{
		&seafoam.StatusEvent{}, &seafoam.BroadcastEvent{}, &seafoam.MessageEvent{}, &seafoam.LeaderEvent{},
		&seafoam.ValidityEvent{}, &seafoam.NodeEvent{}, &seafoam.ConflictEvent{}, &seafoam.LinkEvent{},
		&seafoam.MergedEvent{}, &seafoam.DatacenterEvent{}, &seafoam.LaggedEvent{}, &seafoam.ClosedEvent{},
	}
	rows := table[[]named](t, "event_kinds")
	if len(rows) != len(events) {
		t.Fatalf("%d events, not %d", len(events), len(rows))
	}
	for index, row := range rows {
		made := reflect.TypeOf(events[index]).Elem()
		if int(events[index].Kind()) != row.Number || made.Name() != pascal(row.Name)+"Event" {
			t.Errorf("%s is %v, %v", row.Name, made, events[index].Kind())
		}
		sameFields(t, made, row.Fields)
	}
}

func TestEveryRecordHasItsFields(t *testing.T) {
	for name, record := range map[string]any{
		"node_fields": seafoam.Node{}, "lease_fields": seafoam.Lease{},
		"validity_fields": seafoam.Validity{}, "why_fields": seafoam.Why{},
		"receipt_fields": seafoam.Receipt{},
	} {
		sameFields(t, reflect.TypeOf(record), table[[]named](t, name))
	}
}

// shapes are the types that stand for a shape of the manifest.
var shapes = map[string][]string{
	"text": {"string"}, "text or none": {"netip.Addr", "error"}, "bytes": {"[]uint8"},
	"u8": {"uint8"}, "u16": {"uint16"}, "u32": {"uint32"}, "u64": {"uint64"}, "f64": {"float64"},
	"bool": {"bool"}, "u8 or none": {"int"}, "list of text": {"[]string"},
	"list of Hint": {"[]seafoam.Hint"}, "list of u64": {"[]uint64"},
	"map of text to text": {"map[string]string"}, "Node": {"*seafoam.Node"}, "Node or none": {"*seafoam.Node"},
	"list of Node": {"[]*seafoam.Node"},
}

func sameFields(t *testing.T, made reflect.Type, rows []named) {
	t.Helper()
	type field struct{ name, shape string }
	var fields []field
	for _, each := range reflect.VisibleFields(made) {
		if !each.Anonymous && each.IsExported() {
			fields = append(fields, field{each.Name, each.Type.String()})
		}
	}
	if label, ok := reflect.PointerTo(made).MethodByName("Label"); ok { // made by the call: few look at it
		fields = slices.Insert(fields, 2, field{"Label", label.Type.Out(0).String()})
	}
	if len(fields) != len(rows) {
		t.Fatalf("%v has %d fields, not %d", made, len(fields), len(rows))
	}
	for index, row := range rows {
		types, ok := shapes[row.Shape]
		if !ok {
			types = []string{"seafoam." + row.Shape}
		}
		if fields[index].name != pascal(row.Name) || !slices.Contains(types, fields[index].shape) {
			t.Errorf("%v: %v, not %s %s", made, fields[index], pascal(row.Name), row.Shape)
		}
	}
}

func TestEveryCall(t *testing.T) {
	expected := slices.Clone(ownCalls)
	for _, row := range table[[]named](t, "cluster_calls") {
		if row.Callable && row.Name != "start" {
			expected = append(expected, pascal(row.Name))
		}
	}
	for _, row := range table[[]named](t, "setters") {
		if !slices.Contains(expected, pascal(row.Name)) {
			expected = append(expected, pascal(row.Name))
		}
	}
	var made []string
	cluster := reflect.TypeOf(&seafoam.Cluster{})
	for index := range cluster.NumMethod() {
		made = append(made, cluster.Method(index).Name)
	}
	slices.Sort(expected)
	slices.Sort(made)
	if !slices.Equal(made, expected) {
		t.Errorf("calls are %v, not %v", made, expected)
	}
}

func TestWhatWaitsTakesAContext(t *testing.T) {
	cluster := reflect.TypeOf(&seafoam.Cluster{})
	waits := map[string]bool{}
	for _, row := range table[[]map[string]any](t, "cluster_calls") {
		waits[pascal(row["name"].(string))] = row["waits"].(bool)
	}
	for index := range cluster.NumMethod() {
		method := cluster.Method(index)
		if method.Name == "Close" || method.Name == "Events" || method.Name == "Leadership" || slices.Contains(ownCalls, method.Name) {
			continue // closing takes less than a second; events and tenures end with their context
		}
		takes := method.Type.NumIn() > 1 && method.Type.In(1).String() == "context.Context"
		if takes != waits[method.Name] {
			t.Errorf("%s: takes a context: %v, waits: %v", method.Name, takes, waits[method.Name])
		}
	}
}

func TestEveryProcessCall(t *testing.T) {
	functions, _ := declared(t)
	for _, row := range table[[]named](t, "process_calls") {
		name := pascal(row.Name)
		if other, ok := otherNames[name]; ok {
			name = other
		}
		if !slices.Contains(functions, name) {
			t.Errorf("no %s", name)
		}
	}
	if version := table[string](t, "version"); seafoam.Version() != version {
		t.Errorf("version %s, not %s", seafoam.Version(), version)
	}
}

func TestEveryRowOfTheStatistics(t *testing.T) {
	stats := must1(start(t).Stats())(t)
	rows := table[[]named](t, "stats")
	made := reflect.TypeOf(*stats)
	if made.NumField() != len(rows) {
		t.Errorf("%d fields, not %d", made.NumField(), len(rows))
	}
	index := 0
	for row, value := range stats.All() {
		expected := rows[index]
		if row.Name != expected.Name || row.Doc != expected.Doc || row.Counter != (expected.Kind == "counter") {
			t.Errorf("%+v, not %+v", row, expected)
		}
		field := reflect.ValueOf(*stats).Field(index)
		if made.Field(index).Name != pascal(row.Name) || field.Uint() != value {
			t.Errorf("%s is %d, the field %s %d", row.Name, value, made.Field(index).Name, field.Uint())
		}
		index++
	}
	if index != len(rows) || stats.Members != 1 || stats.MembersAlive != 1 {
		t.Errorf("%d rows, %d members", index, stats.Members)
	}
}
