package seafoam_test

import (
	"context"
	"math"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"

	"seafoam"
)

// resident is the memory of the process that is in use, in bytes.
func resident(t *testing.T) int {
	t.Helper()
	words := strings.Fields(string(must1(os.ReadFile("/proc/self/statm"))(t)))
	return must1(strconv.Atoi(words[1]))(t) * os.Getpagesize()
}

// Each call gives back what it took from C: texts, nodes, lists, errors, statistics, subscriptions.
func TestCallsLeaveNoMemoryBehind(t *testing.T) {
	// An error or a list of nodes takes more, a subscription 30 KiB; the race detector keeps some
	// hundred bytes of its own for each subscription that there was.
	const bytes = 500
	cluster := startAll(t, "a", "b")[0]
	tags := map[string]string{strings.Repeat("x", 100): strings.Repeat("y", 100)}
	for name, each := range map[string]struct {
		count int
		call  func()
	}{
		"node":     {10000, func() { must1(cluster.LocalNode())(t) }},
		"nodes":    {10000, func() { must1(cluster.AllNodes())(t) }},
		"text":     {10000, func() { must1(cluster.Get(seafoam.KeyName))(t) }},
		"validity": {10000, func() { must1(cluster.Validity())(t) }},
		"why":      {10000, func() { must1(cluster.Why("b"))(t) }},
		"stats":    {10000, func() { must1(cluster.Stats())(t) }},
		"tags":     {10000, func() { must1(cluster.Owners("key", 2, tags))(t) }},
		"error": {10000, func() {
			if cluster.Set("no_such_key", "") == nil {
				t.Fatal("there is a key of that name")
			}
		}},
		"events": {5000, func() {
			events := must1(cluster.Subscribe(seafoam.Initial()))(t)
			must1(events.Next(context.Background()))(t)
			events.Close()
		}},
	} {
		repeat := func(count int) int {
			for range count {
				each.call()
			}
			debug.FreeOSMemory()
			return resident(t)
		}
		// What stays grows in every round; what an allocator keeps for later does not.
		before, least := repeat(each.count/4), math.MaxInt
		for range 4 {
			after := repeat(each.count)
			least, before = min(least, after-before), after
		}
		if least > each.count*bytes {
			t.Errorf("%s: %d calls left %d KiB, and again each time", name, each.count, least>>10)
		}
	}
}
