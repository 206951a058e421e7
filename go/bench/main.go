//go:build seafoam_bench

// Command bench measures how events reach Go, beside what Go itself does best in the same run, and
// prints one JSON object a line. It needs a library that was built for it: make -C go bench.
//
// Events are broadcasts of 64 bytes, published without a network: "throughput_range" by a thread that
// publishes while the loop reads, "throughput_range_waiting" before it reads, which leaves the
// publisher's cost out. Both are of the processor time of everything but the publisher, the collector
// included; "..._wall" is the same runs by the clock on the wall. Of the peers, where the sender is a
// goroutine of the program's own, it is the time of both. The peers are a buffered channel of structs whose payload is made once, and
// one of pointers to structs whose payload is copied for each, as a delegate of a membership library
// hands messages over.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"

	"seafoam"
)

const (
	payloadBytes = 64
	// Events that are published at once, and that wait at most: 4 MiB of payloads is a stream's bound.
	chunk, ahead = 256, 32768
	// Room of the peers' channels.
	channelCapacity = 256
)

type line struct {
	Language   string    `json:"language"`
	Measure    string    `json:"measure"`
	Unit       string    `json:"unit"`
	Values     []float64 `json:"values"`
	Peer       string    `json:"peer,omitempty"`
	PeerValues []float64 `json:"peer_values,omitempty"`
}

// What all runs of a measure came to.
type both struct{ wall, processor []float64 }

func main() {
	runs := flag.Int("runs", 5, "runs of each measure")
	events := flag.Int("events", 2_000_000, "events of a run of throughput")
	profile := flag.String("profile", "", "file for a profile of reading events, without peers")
	flag.Parse()
	if err := measure(*runs, *events, *profile); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func measure(runs, events int, profile string) error {
	cluster, err := seafoam.Start(context.Background(),
		seafoam.WithoutEnvironment(), seafoam.WithClusterName("bench"), seafoam.WithListenPort(0),
		seafoam.WithMulticastEnabled(false), seafoam.WithLogLevel(seafoam.LevelOff))
	if err != nil {
		return err
	}
	defer cluster.Close()
	if profile != "" {
		return profileReading(cluster, events, profile)
	}
	var live, waiting, channel, copied both
	var p50, p99, peer50, peer99 []float64
	for range runs {
		for _, each := range []struct {
			rates *both
			run   func(*seafoam.Cluster, int) (rates, error)
		}{{&live, readLive}, {&waiting, readWaiting}, {&channel, readChannel}, {&copied, readCopies}} {
			run, err := each.run(cluster, events)
			if err != nil {
				return err
			}
			each.rates.wall = append(each.rates.wall, run.wall)
			each.rates.processor = append(each.rates.processor, run.processor)
		}
		middle, high, err := latency(cluster)
		if err != nil {
			return err
		}
		p50, p99 = append(p50, middle), append(p99, high)
		middle, high = channelLatency()
		peer50, peer99 = append(peer50, middle), append(peer99, high)
	}
	memory, err := memory(cluster, runs)
	if err != nil {
		return err
	}
	const plain, copies = "buffered channel 256", "buffered channel 256, payload copied for each"
	for _, each := range []line{
		{"go", "throughput_range", "events/s", live.processor, plain, channel.processor},
		{"go", "throughput_range_wall", "events/s", live.wall, plain, channel.wall},
		{"go", "throughput_range_waiting", "events/s", waiting.processor, copies, copied.processor},
		{"go", "throughput_range_waiting_wall", "events/s", waiting.wall, copies, copied.wall},
		{"go", "latency_p50_us", "us", p50, plain, peer50},
		{"go", "latency_p99_us", "us", p99, plain, peer99},
		{"go", "memory_per_subscription_bytes", "bytes", memory, "", nil},
	} {
		if err := json.NewEncoder(os.Stdout).Encode(each); err != nil {
			return err
		}
	}
	return nil
}

func open(ctx context.Context, cluster *seafoam.Cluster) func(func(seafoam.Event) bool) {
	return cluster.Events(ctx, seafoam.OnlyKinds(seafoam.KindBroadcast), seafoam.Capacity(2*ahead))
}

// read counts events in a loop, as a program would read them, and tells how many it has every chunk.
func read(loop func(func(seafoam.Event) bool), count int, done *atomic.Int64) error {
	seen, total := 0, 0
	for event := range loop {
		heard, ok := event.(*seafoam.BroadcastEvent)
		if !ok {
			return fmt.Errorf("events were lost: %+v", event)
		}
		total += len(heard.Bytes)
		seen++
		if seen%chunk == 0 {
			done.Store(int64(seen))
		}
		if seen == count {
			break
		}
	}
	if total != count*payloadBytes {
		return fmt.Errorf("%d bytes came, not %d", total, count*payloadBytes)
	}
	return nil
}

// rates are of one run: by the clock on the wall, and by the processor time of the whole process but
// the thread that publishes. The collector's work counts as the reader's, whose garbage it is.
type rates struct{ wall, processor float64 }

func readLive(cluster *seafoam.Cluster, count int) (rates, error) {
	loop := open(context.Background(), cluster)
	var done atomic.Int64
	var publisher time.Duration
	published := make(chan error, 1)
	begin, before := time.Now(), processorTime(ofProcess)
	go func() {
		runtime.LockOSThread() // its time is of this work alone; the thread ends with it
		since := processorTime(ofThread)
		err := publish(cluster, count, &done)
		publisher = processorTime(ofThread) - since
		published <- err
	}()
	err := read(loop, count, &done)
	wall := time.Since(begin)
	if err == nil {
		err = <-published
	}
	used := processorTime(ofProcess) - before - publisher
	return rates{float64(count) / wall.Seconds(), float64(count) / used.Seconds()}, err
}

func publish(cluster *seafoam.Cluster, count int, done *atomic.Int64) error {
	for sent := 0; sent < count; sent += chunk {
		for int64(sent)-done.Load() > ahead {
			time.Sleep(20 * time.Microsecond) // much less than what is ahead takes to read
		}
		if err := cluster.BenchPublish(min(chunk, count-sent), payloadBytes); err != nil {
			return err
		}
	}
	return nil
}

// Clocks of the system.
const ofProcess, ofThread = 2, 3

func processorTime(clock uintptr) time.Duration {
	var now syscall.Timespec
	if _, _, fault := syscall.Syscall(syscall.SYS_CLOCK_GETTIME, clock, uintptr(unsafe.Pointer(&now)), 0); fault != 0 {
		panic(fault)
	}
	return time.Duration(now.Nano())
}

func readWaiting(cluster *seafoam.Cluster, count int) (rates, error) {
	var took, used time.Duration
	var done atomic.Int64
	for left := count; left > 0; left -= ahead {
		loop := open(context.Background(), cluster)
		now := min(ahead, left)
		if err := cluster.BenchPublish(now, payloadBytes); err != nil {
			return rates{}, err
		}
		begin, before := time.Now(), processorTime(ofProcess)
		if err := read(loop, now, &done); err != nil {
			return rates{}, err
		}
		took += time.Since(begin)
		used += processorTime(ofProcess) - before
	}
	return rates{float64(count) / took.Seconds(), float64(count) / used.Seconds()}, nil
}

type message struct {
	origin *seafoam.Node
	index  uint32
	label  string
	bytes  []byte
}

func readChannel(_ *seafoam.Cluster, count int) (rates, error) {
	messages := make(chan message, channelCapacity)
	payload := make([]byte, payloadBytes)
	begin, before := time.Now(), processorTime(ofProcess)
	go func() {
		for index := range count {
			messages <- message{nil, uint32(index), "label", payload}
		}
		close(messages)
	}()
	total := 0
	for each := range messages {
		total += len(each.bytes)
	}
	if total != count*payloadBytes {
		return rates{}, fmt.Errorf("%d bytes came through the channel", total)
	}
	wall, used := time.Since(begin), processorTime(ofProcess)-before
	return rates{float64(count) / wall.Seconds(), float64(count) / used.Seconds()}, nil
}

func readCopies(_ *seafoam.Cluster, count int) (rates, error) {
	messages := make(chan *message, channelCapacity)
	payload := make([]byte, payloadBytes)
	begin, before := time.Now(), processorTime(ofProcess)
	go func() {
		for index := range count {
			messages <- &message{nil, uint32(index), "label", slices.Clone(payload)}
		}
		close(messages)
	}()
	total := 0
	for each := range messages {
		total += len(each.bytes)
	}
	if total != count*payloadBytes {
		return rates{}, fmt.Errorf("%d bytes came through the channel", total)
	}
	wall, used := time.Since(begin), processorTime(ofProcess)-before
	return rates{float64(count) / wall.Seconds(), float64(count) / used.Seconds()}, nil
}

// The middle and the hundredth longest of the times from publishing one event to having it in the
// loop, microseconds. The reader waits before each.
func latency(cluster *seafoam.Cluster) (middle, high float64, err error) {
	const rounds = 2000
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	loop := open(ctx, cluster)
	arrived := make(chan time.Time)
	go func() {
		for range loop {
			arrived <- time.Now()
		}
	}()
	var times []time.Duration
	for range rounds {
		time.Sleep(200 * time.Microsecond) // so that the reader waits
		begin := time.Now()
		if err := cluster.BenchPublish(1, payloadBytes); err != nil {
			return 0, 0, err
		}
		times = append(times, (<-arrived).Sub(begin))
	}
	middle, high = percentiles(times)
	return middle, high, nil
}

func channelLatency() (middle, high float64) {
	const rounds = 2000
	messages, arrived := make(chan message, channelCapacity), make(chan time.Time)
	defer close(messages)
	go func() {
		for range messages {
			arrived <- time.Now()
		}
	}()
	var times []time.Duration
	for range rounds {
		time.Sleep(200 * time.Microsecond)
		begin := time.Now()
		messages <- message{}
		times = append(times, (<-arrived).Sub(begin))
	}
	return percentiles(times)
}

func percentiles(times []time.Duration) (middle, high float64) {
	slices.Sort(times)
	micros := func(at int) float64 { return float64(times[at].Nanoseconds()) / 1000 }
	return micros(len(times) / 2), micros(len(times) * 99 / 100)
}

// Bytes of the process for each of 500 subscriptions that wait, with a goroutine that reads each.
func memory(cluster *seafoam.Cluster, runs int) ([]float64, error) {
	const count = 500
	var each []float64
	for range runs {
		before, err := resident()
		if err != nil {
			return nil, err
		}
		ctx, cancel := context.WithCancel(context.Background())
		ended := make(chan struct{})
		for range count {
			loop := cluster.Events(ctx)
			go func() {
				for range loop {
				}
				ended <- struct{}{}
			}()
		}
		after, err := resident()
		cancel()
		if err != nil {
			return nil, err
		}
		each = append(each, float64(after-before)/count)
		for range count {
			<-ended
		}
	}
	return each, nil
}

// resident is the memory of the process that is in use, bytes.
func resident() (int, error) {
	debug.FreeOSMemory()
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0, err
	}
	pages, err := strconv.Atoi(strings.Fields(string(text))[1])
	return pages * os.Getpagesize(), err
}

func profileReading(cluster *seafoam.Cluster, events int, path string) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer file.Close()
	if err := pprof.StartCPUProfile(file); err != nil {
		return err
	}
	defer pprof.StopCPUProfile()
	for _, run := range []func(*seafoam.Cluster, int) (rates, error){readLive, readWaiting} {
		run, err := run(cluster, events)
		if err != nil {
			return err
		}
		fmt.Fprintf(os.Stderr, "%.0f events/s, %.0f by processor time\n", run.wall, run.processor)
	}
	return nil
}
