package seafoam_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"seafoam"
)

// The reader of the list of scenarios that every language plays (scenarios/README.md).

type story struct {
	Name   string
	Config map[string]string
	Nodes  map[string]map[string]string
	Steps  []step
	Expect map[string][]string
	Same   [][]string
}

type step struct {
	Do, Node, As, On, Line, Key, Value, Target, Address, Status, Call string
	Join, Kinds, Names, Says                                          []string
	Config, Tags                                                      map[string]string
	Members, Fill                                                     int
	WithinMillis                                                      int64 `json:"within_millis"`
	Capacity                                                          *int
	Initial                                                           bool
	Text, Hex, Error                                                  *string
}

type storyList struct {
	Format              int
	DeadlineMillis      int64 `json:"deadline_millis"`
	Scenarios, Controls []story
	Normalisation       []struct {
		What         string
		Lines, Gives []string
	}
}

func stories(t *testing.T) storyList {
	t.Helper()
	var list storyList
	reader := json.NewDecoder(bytes.NewReader(must1(os.ReadFile(filepath.Join("..", "scenarios", "scenarios.json")))(t)))
	must(t, reader.Decode(&list))
	if list.Format != 2 || len(list.Scenarios) == 0 || len(list.Controls) == 0 || len(list.Normalisation) == 0 {
		t.Fatalf("the list is of format %d, or lacks a part", list.Format)
	}
	return list
}

// lineOf is an event as the list writes it; empty for kinds that it leaves out.
func lineOf(event seafoam.Event) string {
	switch event := event.(type) {
	case *seafoam.StatusEvent:
		return fmt.Sprintf("status %s %v>%v", event.Node.Name, event.Previous, event.Status)
	case *seafoam.BroadcastEvent:
		return "broadcast " + event.Origin.Name + " " + payloadOf(event.Bytes)
	case *seafoam.MessageEvent:
		return "message " + event.Sender.Name + " " + payloadOf(event.Bytes)
	case *seafoam.NodeEvent:
		return "node " + event.Node.Name + " " + tagsOf(event.Node)
	case *seafoam.ConflictEvent:
		return "conflict " + event.Node.Name
	case *seafoam.DatacenterEvent:
		word := "back"
		if event.Lost {
			word = "lost"
		}
		return fmt.Sprintf("datacenter %d %s", event.Number, word)
	case *seafoam.LaggedEvent:
		return fmt.Sprint("lagged ", event.Missed)
	case *seafoam.ClosedEvent:
		var failure *seafoam.Error
		if errors.As(event.Error, &failure) {
			return "closed " + failure.Code.String()
		}
		return "closed"
	default:
		return ""
	}
}

func payloadOf(payload []byte) string {
	return cmp.Or(hex.EncodeToString(payload), "-")
}

func tagsOf(node *seafoam.Node) string {
	var pairs []string
	for _, name := range slices.Sorted(maps.Keys(node.Tags)) {
		pairs = append(pairs, name+"="+node.Tags[name])
	}
	return cmp.Or(strings.Join(pairs, ","), "-")
}

// subjectOf is whom a line is about: lagged sorts before all nodes, closed behind them.
func subjectOf(line string) string {
	words := strings.Fields(line)
	switch words[0] {
	case "lagged":
		return ""
	case "closed":
		return "~"
	}
	return words[1]
}

// normalised leaves suspicions out, and puts the lines of one subject together.
func normalised(lines []string) []string {
	held, kept := map[string]string{}, []string{}
	for _, line := range lines {
		change, isStatus := strings.CutPrefix(line, "status ")
		if !isStatus {
			kept = append(kept, line)
			continue
		}
		subject, change, _ := strings.Cut(change, " ")
		before, now, _ := strings.Cut(change, ">")
		if first, ok := held[subject]; ok && before == "suspected" {
			before = first
			delete(held, subject)
		}
		if now == "suspected" {
			held[subject] = before
		} else if now != before {
			kept = append(kept, "status "+subject+" "+before+">"+now)
		}
	}
	slices.SortStableFunc(kept, func(a, b string) int { return strings.Compare(subjectOf(a), subjectOf(b)) })
	return kept
}

// stream is one subscription, what was read of it, and how far the steps have looked.
type stream struct {
	events *seafoam.Subscription
	seen   map[string]int
	lines  []string
}

// until reads until something holds, or nothing came in time.
func (s *stream) until(limit time.Duration, done func() bool) bool {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	for !done() {
		event, err := s.events.Next(ctx)
		if err != nil {
			return done()
		}
		if line := lineOf(event); line != "" {
			s.lines = append(s.lines, line)
		}
	}
	return true
}

// play is one scenario, from its first step to the comparison.
type play struct {
	story
	group     string
	deadline  time.Duration
	clusters  map[string]*seafoam.Cluster
	addresses map[string]string
	streams   map[string]*stream
}

var plays atomic.Int64

// errVain is what fails because it waited in vain, which no control may.
var errVain = errors.New("did not come")

func (s story) play(deadline time.Duration) (err error) {
	p := &play{
		s, fmt.Sprint(s.Name, "-", os.Getpid(), "-", plays.Add(1)), deadline,
		map[string]*seafoam.Cluster{}, map[string]string{}, map[string]*stream{},
	}
	defer func() {
		for _, cluster := range p.clusters {
			err = errors.Join(err, cluster.Close())
		}
		for name, each := range p.streams {
			defer each.events.Close()
			each.until(deadline, func() bool { return false })
			closed := func(line string) bool { return strings.HasPrefix(line, "closed") }
			if at := slices.IndexFunc(each.lines, closed); at < 0 || at != len(each.lines)-1 {
				err = errors.Join(err, fmt.Errorf("%s ended wrongly: %q", name, each.lines))
			}
		}
		for _, names := range s.Same {
			for _, name := range names[1:] {
				if first, other := p.streams[names[0]].lines, p.streams[name].lines; !slices.Equal(first, other) {
					err = errors.Join(err, fmt.Errorf("%v differ: %q, %q", names, first, other))
				}
			}
		}
	}()
	for number, step := range s.Steps {
		if err := p.step(step); err != nil {
			return fmt.Errorf("step %d %s: %w", number+1, step.Do, err)
		}
	}
	for name, lines := range s.Expect {
		each := p.streams[name]
		each.until(deadline, func() bool { return len(normalised(each.lines)) >= len(lines) })
		each.until(time.Millisecond, func() bool { return false })
		if got := normalised(each.lines); !slices.Equal(got, normalised(lines)) {
			return fmt.Errorf("%s saw %q, not %q", name, got, lines)
		}
	}
	return nil
}

// step makes one step; where it names an error, exactly that one must come.
func (p *play) step(step step) error {
	wrong, err := p.make(step)
	var failure *seafoam.Error
	switch {
	case wrong != nil:
		return wrong
	case err == nil && step.Error != nil:
		return errors.New("it did not fail")
	case err == nil:
		return nil
	case !errors.As(err, &failure) || step.Error == nil || failure.Code.String() != *step.Error:
		return fmt.Errorf("it failed with %w", err)
	}
	for _, text := range step.Says {
		if !strings.Contains(failure.Message, text) {
			return fmt.Errorf("%q does not say %q", failure.Message, text)
		}
	}
	return nil
}

// make makes the call of a step: what the story finds wrong with it, and what it answered.
func (p *play) make(step step) (wrong, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), p.deadline)
	defer cancel()
	cluster := p.clusters[step.Node]
	switch step.Do {
	case "start":
		return nil, p.start(ctx, step)
	case "subscribe":
		return nil, p.subscribe(step)
	case "await":
		return p.await(step), nil
	case "ready":
		if step.WithinMillis > 0 {
			soon, stop := context.WithTimeout(ctx, time.Duration(step.WithinMillis)*time.Millisecond)
			defer stop()
			return nil, cluster.Ready(soon, step.Members)
		}
		return nil, cluster.Ready(ctx, step.Members)
	case "healthy":
		nodes, err := cluster.HealthyNodes()
		names := []string{}
		for _, node := range nodes {
			names = append(names, node.Name)
		}
		if err == nil && !slices.Equal(names, step.Names) {
			return fmt.Errorf("healthy are %v, not %v", names, step.Names), nil
		}
		return nil, err
	case "broadcast":
		_, err = cluster.Broadcast(step.payload())
	case "send":
		err = cluster.Send(ctx, step.Target, step.payload())
	case "set_tags":
		err = cluster.SetTags(step.Tags)
	case "leave":
		err = cluster.Leave(ctx)
	case "close":
		err = cluster.Close()
	case "set":
		err = cluster.Set(step.Key, step.Value)
	case "add_node":
		address := step.Address
		if address == "" {
			address = p.addresses[step.Target]
		}
		_, err = cluster.AddNode(address)
	case "remove_node":
		_, err = cluster.RemoveNode(step.Target)
	case "ping_node":
		_, err = cluster.PingNode(ctx, step.Target)
	case "update_node_status":
		var status seafoam.NodeStatus
		wrong = status.UnmarshalText([]byte(step.Status))
		err = cluster.UpdateNodeStatus(step.Target, status)
	case "call":
		return p.call(ctx, cluster, step.Call)
	default:
		wrong = fmt.Errorf("no step is called %q", step.Do)
	}
	return wrong, err
}

// payload is what a step sends; the schema of the list says that hexadecimal digits are such.
func (s step) payload() []byte {
	switch {
	case s.Text != nil:
		return []byte(*s.Text)
	case s.Hex != nil:
		payload, _ := hex.DecodeString(*s.Hex)
		return payload
	}
	return bytes.Repeat([]byte("x"), s.Fill)
}

func (p *play) call(ctx context.Context, cluster *seafoam.Cluster, name string) (wrong, err error) {
	switch name {
	case "local_node":
		_, err = cluster.LocalNode()
	case "all_nodes":
		_, err = cluster.AllNodes()
	case "healthy_nodes":
		_, err = cluster.HealthyNodes()
	case "stats":
		_, err = cluster.Stats()
	case "leader":
		_, err = cluster.Leader()
	case "lease":
		_, err = cluster.Lease()
	case "validity":
		_, err = cluster.Validity()
	case "resign":
		err = cluster.Resign(ctx)
	default:
		wrong = fmt.Errorf("no call is called %q", name)
	}
	return wrong, err
}

func (p *play) start(ctx context.Context, step step) error {
	var seeds []string
	for _, label := range step.Join {
		seeds = append(seeds, p.addresses[label])
	}
	config := map[string]string{
		"name": step.Node, "cluster_name": p.group, "listen_port": "0", "multicast_enabled": "false",
		"initial_hosts": strings.Join(seeds, ","),
	}
	for _, more := range []map[string]string{p.Config, p.Nodes[step.Node], step.Config} {
		maps.Copy(config, more)
	}
	options := []seafoam.Option{seafoam.WithoutEnvironment(), seafoam.WithLogLevel(seafoam.LevelOff)}
	for key, value := range config {
		options = append(options, seafoam.With(key, value))
	}
	cluster, err := seafoam.Start(ctx, options...)
	if err != nil {
		return err
	}
	p.clusters[step.Node] = cluster
	node, err := cluster.LocalNode()
	if err != nil {
		return err
	}
	p.addresses[step.Node] = node.Address
	return p.open(cluster, step.Node, seafoam.Initial())
}

func (p *play) open(cluster *seafoam.Cluster, name string, options ...seafoam.EventOption) error {
	events, err := cluster.Subscribe(options...)
	if err == nil {
		p.streams[name] = &stream{events, map[string]int{}, nil}
	}
	return err
}

func (p *play) subscribe(step step) error {
	var options []seafoam.EventOption
	var kinds []seafoam.EventKind
	for _, word := range step.Kinds {
		var kind seafoam.EventKind
		if err := kind.UnmarshalText([]byte(word)); err != nil {
			return err
		}
		kinds = append(kinds, kind)
	}
	options = append(options, seafoam.OnlyKinds(kinds...))
	if step.Capacity != nil {
		options = append(options, seafoam.Capacity(*step.Capacity))
	}
	if step.Initial {
		options = append(options, seafoam.Initial())
	}
	return p.open(p.clusters[step.Node], step.As, options...)
}

// await waits for a line behind the last one that was found about the same subject.
func (p *play) await(step step) error {
	on, subject := p.streams[step.On], subjectOf(step.Line)
	begin, at := on.seen[subject], -1
	found := func() bool {
		if begin < len(on.lines) {
			at = slices.Index(on.lines[begin:], step.Line)
		}
		return at >= 0
	}
	if !on.until(p.deadline, found) {
		return fmt.Errorf("%q %w; %s saw %q", step.Line, errVain, step.On, on.lines)
	}
	on.seen[subject] = begin + at + 1
	return nil
}

func TestScenarios(t *testing.T) {
	list := stories(t)
	deadline := time.Duration(list.DeadlineMillis) * time.Millisecond
	t.Run("all", func(t *testing.T) {
		for _, each := range list.Scenarios {
			t.Run(each.Name, func(t *testing.T) {
				t.Parallel() // most of it is waiting
				must(t, each.play(deadline))
			})
		}
		for _, each := range list.Controls {
			t.Run("control "+each.Name, func(t *testing.T) {
				t.Parallel()
				if err := each.play(deadline); err == nil || errors.Is(err, errVain) {
					t.Errorf("it must fail, and not by waiting: %v", err)
				}
			})
		}
	})
}

func TestNormalisation(t *testing.T) {
	for _, each := range stories(t).Normalisation {
		if got := normalised(each.Lines); !slices.Equal(got, each.Gives) {
			t.Errorf("%s: %q, not %q", each.What, got, each.Gives)
		}
	}
}
