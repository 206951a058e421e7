package seafoam

/*
#include <stdlib.h>
#include "bridge.h"
*/
import "C"

import (
	"iter"
	"slices"
	"strconv"
	"strings"
)

// Option is a value of the configuration, for Start. Where a key is given twice the last one counts.
// What is not given comes from the environment at Start, then from the defaults.
type Option struct {
	key, value string
	problem    error
	// Takes nothing from the environment; then there is no key.
	bare bool
}

// With sets a key by its text, as the environment does: numbers in decimal, true or false, lists
// with commas between. Start answers ErrInvalidConfig where there is no such key, or where it does
// not accept the value.
func With(key, value string) Option { return Option{key: key, value: value} }

// WithoutEnvironment takes nothing from the environment: options and defaults alone.
func WithoutEnvironment() Option { return Option{bare: true} }

// withPairs refuses what the text form would read as other pairs.
func withPairs(key string, values map[string]string) Option {
	for name, value := range values {
		if strings.ContainsAny(name, ",=") || strings.Contains(value, ",") {
			return Option{key: key, problem: badArgument(key,
				"has the pair "+strconv.Quote(name+"="+value)+
					": names take no comma and no equals sign, values no comma")}
		}
	}
	return With(key, joinPairs(values))
}

func configure(config *C.seafoam_config, options []Option) error {
	for _, option := range options {
		var failure *C.seafoam_error
		if option.bare {
			code := C.seafoam_config_ignore_environment(config, &failure)
			if err := toError(code, failure); err != nil {
				return err
			}
			continue
		}
		if option.problem != nil {
			return option.problem
		}
		err := withText("key", option.key, func(key *C.char) error {
			return withText(option.key, option.value, func(value *C.char) error {
				return toError(C.seafoam_config_set(config, key, value, &failure), failure)
			})
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func joinTexts(values []string) string { return strings.Join(values, ",") }

func joinNumbers(values []int) string {
	texts := make([]string, len(values))
	for index, value := range values {
		texts[index] = strconv.Itoa(value)
	}
	return strings.Join(texts, ",")
}

func joinPairs(values map[string]string) string {
	pairs := make([]string, 0, len(values))
	for name, value := range values {
		pairs = append(pairs, name+"="+value)
	}
	slices.Sort(pairs)
	return strings.Join(pairs, ",")
}

// ConfigKey describes a key of the configuration.
type ConfigKey struct {
	// Name is the key, as With, Get and Set take it.
	Name string
	// Environment is the variable that gives the value where the program does not.
	Environment string
	// Default is the text of the default value; empty stands for "not set".
	Default string
	// Accepts says which values are taken.
	Accepts string
	// Live tells whether Set can change it.
	Live bool
	// Available tells whether this version offers it; else it answers ErrNotAvailable.
	Available bool
	// Secret tells whether Get hides it.
	Secret bool
	// Doc says what it is.
	Doc string
}

// ConfigKeys lists every key of the configuration.
func ConfigKeys() []ConfigKey { return slices.Clone(configKeys) }

// Get returns the text of a value (Key...) as it is now; of keys their places, lengths and ids.
//
// Errors: ErrInvalidConfig where there is no such key, ErrClosed.
func (c *Cluster) Get(key string) (string, error) {
	var value *C.char
	err := withText("key", key, func(key *C.char) error {
		return c.call(func(raw *C.seafoam_cluster, failure **C.seafoam_error) C.seafoam_code {
			return C.seafoam_cluster_get(raw, key, &value, failure)
		})
	})
	if err != nil {
		return "", err
	}
	return takeText(value), nil
}

// Set changes a value that can be changed while the cluster runs, by its text.
//
// Errors: ErrInvalidConfig where the key is unknown, fixed at start, or does not accept the value,
// ErrNotAvailable, ErrClosed; then nothing was changed.
func (c *Cluster) Set(key, value string) error {
	return withText("key", key, func(key *C.char) error {
		return withText("value", value, func(value *C.char) error {
			return c.call(func(raw *C.seafoam_cluster, failure **C.seafoam_error) C.seafoam_code {
				return C.seafoam_cluster_set(raw, key, value, failure)
			})
		})
	})
}

// StatsRow describes one row of the statistics.
type StatsRow struct {
	// Name is the row's name in every language.
	Name string
	// Doc says what it counts.
	Doc string
	// Counter tells whether it only rises from the start of the cluster; else it is a gauge.
	Counter bool
}

type statsRow struct {
	StatsRow
	field func(*Stats) *uint64
}

// All iterates over the rows, in the order of the table.
func (s *Stats) All() iter.Seq2[StatsRow, uint64] {
	return func(yield func(StatsRow, uint64) bool) {
		for _, row := range statsRows {
			if !yield(row.StatsRow, *row.field(s)) {
				return
			}
		}
	}
}

// Stats returns counters and gauges of the engine.
//
// Errors: ErrClosed.
func (c *Cluster) Stats() (*Stats, error) {
	var raw *C.seafoam_stats
	err := c.call(func(cluster *C.seafoam_cluster, failure **C.seafoam_error) C.seafoam_code {
		return C.seafoam_cluster_stats(cluster, &raw, failure)
	})
	if err != nil {
		return nil, err
	}
	defer C.seafoam_stats_free(raw)
	// By name: a later library may have more rows, and in another order.
	values := map[string]uint64{}
	for index := C.size_t(0); index < C.seafoam_stats_length(raw); index++ {
		values[C.GoString(C.seafoam_stats_name(raw, index))] = uint64(C.seafoam_stats_value(raw, index))
	}
	stats := &Stats{}
	for _, row := range statsRows {
		*row.field(stats) = values[row.Name]
	}
	return stats, nil
}
