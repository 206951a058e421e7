package main

import (
	"fmt"
	"slices"
	"sort"
	"strings"
)

func writeWords(tables manifest) string {
	var out strings.Builder
	for _, each := range vocabularies {
		writeVocabulary(&out, each, tables.Words[each.table])
	}
	return out.String()
}

func writeVocabulary(out *strings.Builder, each vocabulary, rows []row) {
	fmt.Fprintf(out, "\n// %s %s. Later versions may add values.\ntype %s int\n\nconst (\n",
		each.name, each.doc, each.name)
	for _, row := range rows {
		name := each.prefix + pascal(row.Name)
		fmt.Fprintf(out, "%s\t%s %s = %d\n", comment("\t", name+": "+row.Doc), name, each.name, row.Number)
	}
	words := strings.ToLower(each.name[:1]) + each.name[1:] + "Words"
	fmt.Fprintf(out, ")\n\nvar %s = []word[%s]{\n", words, each.name)
	for _, row := range rows {
		fmt.Fprintf(out, "\t{%s%s, %q},\n", each.prefix, pascal(row.Name), row.Name)
	}
	fmt.Fprintf(out, `}

// String returns the word that every language uses.
func (v %[1]s) String() string { return nameOf(%[1]q, %[2]s, v) }

// MarshalText returns the word.
func (v %[1]s) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// UnmarshalText takes a word.
func (v *%[1]s) UnmarshalText(text []byte) error { return valueOf(%[1]q, %[2]s, text, v) }
`, each.name, words)
}

func writeConfig(tables manifest) string {
	var out strings.Builder
	out.WriteString("\nimport \"strconv\"\n\n// Keys of the configuration, for Get, Set and With.\nconst (\n")
	for _, key := range tables.ConfigKeys {
		fmt.Fprintf(&out, "\tKey%s = %q\n", pascal(key.Name), key.Name)
	}
	out.WriteString(")\n\n// Environment variables that give values which the program does not.\nconst (\n")
	for _, key := range tables.ConfigKeys {
		fmt.Fprintf(&out, "\tEnv%s = %q\n", pascal(key.Name), key.Environment)
	}
	out.WriteString(")\n\n// Default values, as texts; an empty one stands for \"not set\".\nconst (\n")
	for _, key := range tables.ConfigKeys {
		fmt.Fprintf(&out, "\tDefault%s = %q\n", pascal(key.Name), key.Default)
	}
	out.WriteString(")\n\n// Bounds; each is named with its unit, those without count things.\nconst (\n")
	for _, name := range sorted(tables.Limits) {
		fmt.Fprintf(&out, "\tLimit%s = %d\n", pascal(name), tables.Limits[name])
	}
	out.WriteString(")\n\n// Values that stand for something that is not there.\nconst (\n")
	for _, name := range sorted(tables.Constants) {
		fmt.Fprintf(&out, "\t%s = %v\n", pascal(name), tables.Constants[name])
	}
	out.WriteString(")\n\nvar configKeys = []ConfigKey{\n")
	for _, key := range tables.ConfigKeys {
		fmt.Fprintf(&out, "\t{%q, %q, %q, %q, %v, %v, %v, %q},\n", key.Name, key.Environment,
			key.Default, key.Accepts, key.Live, key.Available, key.Secret, key.Doc)
	}
	out.WriteString("}\n")
	for _, key := range tables.ConfigKeys {
		writeOption(&out, key, tables)
	}
	for _, each := range tables.Setters {
		writeSetter(&out, each, tables)
	}
	return out.String()
}

// argument gives the Go parameter of a key's value and the expression that makes its text.
func argument(key configKey, tables manifest) (parameter, text string) {
	switch key.Shape {
	case "integer":
		return "value int", "strconv.Itoa(value)"
	case "bool":
		return "value bool", "strconv.FormatBool(value)"
	case "list of text":
		return "values ...string", "joinTexts(values)"
	case "list of integer":
		return "values ...int", "joinNumbers(values)"
	case "map of text to text":
		return "values map[string]string", "joinPairs(values)"
	case "word":
		for _, each := range vocabularies {
			same := func(row row, word string) bool { return row.Name == word }
			if slices.EqualFunc(tables.Words[each.table], key.Words, same) {
				return "value " + each.name, "value.String()"
			}
		}
	}
	return "value string", "value"
}

func writeOption(out *strings.Builder, key configKey, tables manifest) {
	parameter, text := argument(key, tables)
	name := "With" + pascal(key.Name)
	fmt.Fprintf(out, "\n%s//\n", comment("", fmt.Sprintf("%s sets %s. %s", name, key.Name, key.Doc)))
	rest := "Takes " + key.Accepts
	if key.Default != "" {
		rest += "; " + key.Default + " by default"
	}
	if !key.Available {
		rest += ". Not available in this version: Start refuses it with ErrNotAvailable"
	}
	out.WriteString(comment("", rest+"."))
	if key.Shape == "map of text to text" {
		fmt.Fprintf(out, "func %s(%s) Option { return withPairs(%q, values) }\n", name, parameter, key.Name)
		return
	}
	fmt.Fprintf(out, "func %s(%s) Option { return With(%q, %s) }\n", name, parameter, key.Name, text)
}

func writeSetter(out *strings.Builder, each setter, tables manifest) {
	if each.Key == "tags" {
		return // a call of the table of calls, written by hand
	}
	at := slices.IndexFunc(tables.ConfigKeys, func(key configKey) bool { return key.Name == each.Key })
	key := tables.ConfigKeys[at]
	parameter, text := argument(key, tables)
	name := pascal(each.Name)
	fmt.Fprintf(out, "\n%s//\n", comment("", fmt.Sprintf("%s changes %s. %s", name, key.Name, key.Doc)))
	rest := "Takes " + key.Accepts + ". Fails as Set does"
	if !each.Available {
		rest += "; not available in this version"
	}
	out.WriteString(comment("", rest+"."))
	fmt.Fprintf(out, "func (c *Cluster) %s(%s) error { return c.Set(%q, %s) }\n", name, parameter, key.Name, text)
}

func writeStats(tables manifest) string {
	var out strings.Builder
	out.WriteString("\n// Stats is one snapshot: counters from the start of the cluster, and gauges of this moment.\n")
	out.WriteString("type Stats struct {\n")
	for _, row := range tables.Stats {
		fmt.Fprintf(&out, "%s\t%s uint64\n", comment("\t", row.Doc+" A "+row.Kind+"."), pascal(row.Name))
	}
	out.WriteString("}\n\nvar statsRows = []statsRow{\n")
	for _, row := range tables.Stats {
		fmt.Fprintf(&out, "\t{StatsRow{%q, %q, %v}, func(s *Stats) *uint64 { return &s.%s }},\n",
			row.Name, row.Doc, row.Kind == "counter", pascal(row.Name))
	}
	out.WriteString("}\n")
	return out.String()
}

func sorted[V any](table map[string]V) []string {
	names := make([]string, 0, len(table))
	for name := range table {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}
