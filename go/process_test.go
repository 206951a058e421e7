package seafoam_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"math"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"seafoam"
)

type line struct {
	level seafoam.LogLevel
	text  string
}

// capture takes the log while the test runs, and sets its threshold.
func capture(t *testing.T, level seafoam.LogLevel) <-chan line {
	t.Helper()
	lines := make(chan line, 1000)
	must(t, seafoam.SetLogger(func(level seafoam.LogLevel, text string) { lines <- line{level, text} }))
	must(t, seafoam.SetLogLevel(level))
	t.Cleanup(func() {
		must(t, seafoam.SetLogLevel(seafoam.LevelOff))
		must(t, seafoam.SetLogger(nil))
	})
	return lines
}

func TestLinesArriveAtTheLogger(t *testing.T) {
	lines := capture(t, seafoam.LevelInfo)
	must(t, seafoam.Log(seafoam.LevelWarn, "beware"))
	must(t, seafoam.Log(seafoam.LevelDebug, "not this one"))
	must(t, seafoam.Log(seafoam.LevelFatal, "the end"))
	seafoam.FlushLog(patience)
	for _, expected := range []line{{seafoam.LevelWarn, "beware"}, {seafoam.LevelFatal, "the end"}} {
		if got := receive(t, lines, "a line"); got != expected {
			t.Errorf("%v, not %v", got, expected)
		}
	}
	if level := seafoam.GetLogLevel(); level != seafoam.LevelInfo {
		t.Errorf("the threshold is %v", level)
	}
	for _, err := range []error{
		seafoam.Log(99, "x"), seafoam.Log(seafoam.LevelInfo, "a\x00b"), seafoam.SetLogLevel(-1),
	} {
		if !errors.Is(err, seafoam.ErrInvalidConfig) {
			t.Errorf("a bad line or level: %v", err)
		}
	}
}

func TestALoggerThatPanicsLosesItsLineAlone(t *testing.T) {
	heard := make(chan string, 10)
	capture(t, seafoam.LevelInfo)
	before := os.Stderr
	silent := must1(os.Open(os.DevNull))(t)
	os.Stderr = silent
	t.Cleanup(func() {
		seafoam.FlushLog(patience)
		os.Stderr = before
		must(t, silent.Close())
	})
	must(t, seafoam.SetLogger(func(_ seafoam.LogLevel, text string) {
		if text == "bad" {
			panic("on purpose")
		}
		heard <- text
	}))
	must(t, seafoam.Log(seafoam.LevelInfo, "bad"))
	must(t, seafoam.Log(seafoam.LevelInfo, "good"))
	if text := receive(t, heard, "the second line"); text != "good" {
		t.Errorf("heard %q", text)
	}
}

func TestALoggerCannotBeChangedFromInside(t *testing.T) {
	capture(t, seafoam.LevelInfo)
	result := make(chan error, 1)
	must(t, seafoam.SetLogger(func(seafoam.LogLevel, string) {
		seafoam.FlushLog(patience) // returns at once in here
		result <- seafoam.SetLogger(nil)
	}))
	must(t, seafoam.Log(seafoam.LevelInfo, "line"))
	if err := receive(t, result, "the call"); !errors.Is(err, seafoam.ErrBusy) {
		t.Errorf("changed from inside: %v", err)
	}
}

func TestSlogGetsLevelsAndLines(t *testing.T) {
	capture(t, seafoam.LevelAll)
	var written bytes.Buffer
	handler := slog.NewTextHandler(&written, &slog.HandlerOptions{
		Level: slog.LevelDebug - 4,
		ReplaceAttr: func(_ []string, attr slog.Attr) slog.Attr {
			if attr.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return attr
		},
	})
	must(t, seafoam.SetSlog(slog.New(handler)))
	for level := seafoam.LevelTrace; level <= seafoam.LevelFatal; level++ {
		must(t, seafoam.Log(level, level.String()))
	}
	seafoam.FlushLog(patience)
	must(t, seafoam.SetSlog(nil)) // waits for a running call: nobody writes any more
	expected := "level=DEBUG-4 msg=trace\nlevel=DEBUG msg=debug\nlevel=INFO msg=info\n" +
		"level=WARN msg=warn\nlevel=ERROR msg=error\nlevel=ERROR+4 msg=fatal\n"
	if written.String() != expected {
		t.Errorf("wrote %s", written.String())
	}
}

func TestLocalIP(t *testing.T) {
	address, err := seafoam.LocalIP()
	if err != nil || (address.IsValid() && address.IsLoopback()) {
		t.Errorf("the own address is %v (%v)", address, err)
	}
}

func count(t *testing.T, folder string) int {
	t.Helper()
	return len(must1(os.ReadDir(folder))(t))
}

// settle waits until what is counted is back at most where it was.
func settle(t *testing.T, what string, before int, now func() int) {
	t.Helper()
	for deadline := time.Now().Add(patience); now() > before; runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatalf("%d %s, %d before", now(), what, before)
		}
	}
}

func TestStartAndCloseLeaveNothingBehind(t *testing.T) {
	cycle := func() {
		cluster := must1(seafoam.Start(soon(t), quiet(t.Name())...))(t)
		reader := must1(cluster.Subscribe(seafoam.Initial()))(t)
		must1(reader.Next(soon(t)))(t)
		must1(cluster.OnEvent(func(seafoam.Event) {}))(t)
		loop := cluster.Events(soon(t))
		must1(cluster.Stats())(t)
		must(t, cluster.Close())
		for event := range loop {
			if event.Kind() != seafoam.KindClosed {
				t.Errorf("an event: %+v", event)
			}
		}
		reader.Close()
	}
	for range 20 { // what the runtimes keep for ever is there afterwards
		cycle()
	}
	runtime.GC()
	goroutines := runtime.NumGoroutine()
	threads, files := count(t, "/proc/self/task"), count(t, "/proc/self/fd")
	// What stays grows in each half; what an allocator keeps for later does not.
	const half, bytes = 100, 20 << 10
	memory, least := settled(t), math.MaxInt
	for range 2 {
		for range half {
			cycle()
		}
		now := settled(t)
		least, memory = min(least, now-memory), now
	}
	if least > half*bytes {
		t.Errorf("%d clusters left %d KiB, and again", half, least>>10)
	}
	settle(t, "goroutines", goroutines, runtime.NumGoroutine)
	settle(t, "files", files, func() int { return count(t, "/proc/self/fd") })
	// The Go runtime makes threads as it needs them and keeps them; 200 cycles would add hundreds.
	settle(t, "threads", threads+runtime.NumCPU()+4, func() int { return count(t, "/proc/self/task") })
	if strings.Contains(stacks(), "seafoam.(*callback).run") {
		t.Error("a callback's goroutine is left")
	}
}

// settled is the memory in use once the collector gave back what it can.
func settled(t *testing.T) int {
	t.Helper()
	debug.FreeOSMemory()
	return resident(t)
}

func stacks() string {
	text := make([]byte, 1<<20)
	return string(text[:runtime.Stack(text, true)])
}

func TestAWaitingReaderHoldsNoThread(t *testing.T) {
	cluster := start(t)
	var open []*seafoam.Subscription
	ended := make(chan struct{}, 100)
	threads := count(t, "/proc/self/task")
	for range 100 {
		events := must1(cluster.Subscribe())(t)
		open = append(open, events)
		go func() {
			for range events.All(context.Background()) {
			}
			ended <- struct{}{}
		}()
	}
	settle(t, "readers on their way", -100, func() int {
		return -strings.Count(stacks(), "[IO wait")
	})
	if now := count(t, "/proc/self/task"); now > threads+20 {
		t.Errorf("100 readers wait on %d threads, %d before", now, threads)
	}
	for _, events := range open {
		events.Close()
	}
	for range open {
		receive(t, ended, "an end")
	}
}
