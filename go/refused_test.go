package seafoam_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"seafoam"
)

func TestBadConfigurationNamesKeyValueAndWhatIsAccepted(t *testing.T) {
	for _, row := range []struct {
		option seafoam.Option
		code   seafoam.ErrorCode
		words  []string
	}{
		{seafoam.WithHeartbeatMillis(3), seafoam.ErrInvalidConfig, []string{"heartbeat_millis", "3", "10 to 60000"}},
		{seafoam.WithListenPort(-1), seafoam.ErrInvalidConfig, []string{"listen_port", "-1"}},
		{seafoam.WithListenPort(1 << 40), seafoam.ErrInvalidConfig, []string{"listen_port", "1099511627776"}},
		{seafoam.WithClusterName(""), seafoam.ErrInvalidConfig, []string{"cluster_name"}},
		{seafoam.WithClusterName("a\x00b"), seafoam.ErrInvalidConfig, []string{"cluster_name", "NUL"}},
		{seafoam.WithClusterName("\xff"), seafoam.ErrInvalidConfig, []string{"UTF-8"}},
		{seafoam.WithName("two words"), seafoam.ErrInvalidConfig, []string{"name", "two words"}},
		{seafoam.WithLogLevel(99), seafoam.ErrInvalidConfig, []string{"log_level", "LogLevel(99)"}},
		{seafoam.WithPreferDatacenters(1, 300), seafoam.ErrInvalidConfig, []string{"prefer_datacenters", "1,300"}},
		{seafoam.With("no_such_key", "1"), seafoam.ErrInvalidConfig, []string{"no_such_key"}},
		{seafoam.With("a\x00b", "1"), seafoam.ErrInvalidConfig, []string{"key", "NUL"}},
		{seafoam.WithTags(map[string]string{"a": "1,b=2"}), seafoam.ErrInvalidConfig, []string{"tags", "a=1,b=2"}},
		{seafoam.WithTags(map[string]string{"": "1"}), seafoam.ErrInvalidConfig, []string{"tags"}},
		{seafoam.WithListenIP("0.0.0.0"), seafoam.ErrKeyRequired, []string{"insecure"}},
		{seafoam.WithListenIP("192.0.2.1"), seafoam.ErrKeyRequired, []string{"insecure"}},
	} {
		cluster, err := seafoam.Start(context.Background(), quiet(t.Name(), row.option)...)
		if cluster != nil || !errors.Is(err, row.code) {
			t.Errorf("%v: %v, not %v", row.words, err, row.code)
			continue
		}
		for _, word := range row.words {
			if !strings.Contains(err.Error(), word) {
				t.Errorf("%q does not tell %q", err, word)
			}
		}
	}
}

func TestAnErrorIsItsCodeAlone(t *testing.T) {
	_, err := seafoam.Start(context.Background(), seafoam.WithHeartbeatMillis(3))
	var failure *seafoam.Error
	if !errors.As(err, &failure) || failure.Code != seafoam.ErrInvalidConfig || failure.Message == "" {
		t.Fatalf("a strange error: %#v", err)
	}
	for code := seafoam.ErrInvalidConfig; code <= seafoam.ErrInternal; code++ {
		if errors.Is(err, code) != (code == seafoam.ErrInvalidConfig) {
			t.Errorf("it is %v: %v", code, errors.Is(err, code))
		}
	}
	if text := fmt.Sprint(err); !strings.HasPrefix(text, "seafoam: ") || !strings.HasSuffix(text, "(invalid_config)") {
		t.Errorf("it reads %q", text)
	}
}

func TestAnAddressInUse(t *testing.T) {
	port := int(local(t, start(t)).Port)
	_, err := seafoam.Start(context.Background(), quiet(t.Name(), seafoam.WithListenPort(port))...)
	if !errors.Is(err, seafoam.ErrAddressInUse) {
		t.Errorf("the port is taken: %v", err)
	}
}

// refused are calls that a running cluster refuses.
func refused(t *testing.T, cluster *seafoam.Cluster) map[string]struct {
	err  error
	code seafoam.ErrorCode
} {
	t.Helper()
	type result = struct {
		err  error
		code seafoam.ErrorCode
	}
	ctx := soon(t)
	_, ping := cluster.PingNode(ctx, "nobody")
	_, nul := cluster.PingNode(ctx, "no\x00body")
	_, why := cluster.Why("nobody")
	_, removed := cluster.RemoveNode("nobody")
	_, self := cluster.RemoveNode(local(t, cluster).Name)
	_, added := cluster.AddNode("not an address")
	_, owners := cluster.Owners("key", -1, nil)
	_, tags := cluster.Owner("key", map[string]string{"a\x00": "b"})
	_, label := cluster.Broadcast(make([]byte, seafoam.LimitBroadcastBytes+1))
	_, receipt := cluster.BroadcastWithReceipt(ctx, make([]byte, seafoam.LimitBroadcastBytes+1), patience)
	_, negative := cluster.BroadcastWithReceipt(ctx, nil, -1)
	_, get := cluster.Get("no_such_key")
	_, capacity := cluster.Subscribe(seafoam.Capacity(0))
	_, much := cluster.Subscribe(seafoam.Capacity(seafoam.LimitEventCapacityMaximum + 1))
	_, kind := cluster.Subscribe(seafoam.OnlyKinds(99))
	_, onEvent := cluster.OnEvent(nil)
	_, onStatus := cluster.OnStatus(nil)
	_, onBroadcast := cluster.OnBroadcast(nil)
	return map[string]result{
		"PingNode":           {ping, seafoam.ErrUnknownNode},
		"PingNode, NUL":      {nul, seafoam.ErrInvalidConfig},
		"Why":                {why, seafoam.ErrUnknownNode},
		"RemoveNode":         {removed, seafoam.ErrUnknownNode},
		"RemoveNode, self":   {self, seafoam.ErrInvalidAddress},
		"AddNode":            {added, seafoam.ErrInvalidAddress},
		"TouchNode":          {cluster.TouchNode("nobody"), seafoam.ErrUnknownNode},
		"UpdateNodeStatus":   {cluster.UpdateNodeStatus("nobody", seafoam.StatusDead), seafoam.ErrUnknownNode},
		"UpdateNodeStatus 9": {cluster.UpdateNodeStatus("nobody", 9), seafoam.ErrInvalidConfig},
		"Owners":             {owners, seafoam.ErrInvalidConfig},
		"Owner, NUL":         {tags, seafoam.ErrInvalidConfig},
		"Broadcast":          {label, seafoam.ErrPayloadTooLarge},
		"Receipt":            {receipt, seafoam.ErrPayloadTooLarge},
		"Receipt, negative":  {negative, seafoam.ErrInvalidConfig},
		"Get":                {get, seafoam.ErrInvalidConfig},
		"Set, fixed":         {cluster.Set(seafoam.KeyName, "other"), seafoam.ErrInvalidConfig},
		"SetHeartbeatMillis": {cluster.SetHeartbeatMillis(1), seafoam.ErrInvalidConfig},
		"SetTags":            {cluster.SetTags(map[string]string{"a": "b,c"}), seafoam.ErrInvalidConfig},
		"Send":               {cluster.Send(ctx, "nobody", []byte("x")), seafoam.ErrUnknownNode},
		"Resign":             {cluster.Resign(ctx), seafoam.ErrNotLeader},
		"TransferLeadership": {cluster.TransferLeadership(ctx, "nobody"), seafoam.ErrNotLeader},
		"Ready":              {cluster.Ready(ctx, -1), seafoam.ErrInvalidConfig},
		"ReadyValid":         {cluster.ReadyValid(ctx, 1), seafoam.ErrNotValid},
		"capacity 0":         {capacity, seafoam.ErrInvalidConfig},
		"capacity too large": {much, seafoam.ErrInvalidConfig},
		"kind 99":            {kind, seafoam.ErrInvalidConfig},
		"OnEvent":            {onEvent, seafoam.ErrInvalidConfig},
		"OnStatus":           {onStatus, seafoam.ErrInvalidConfig},
		"OnBroadcast":        {onBroadcast, seafoam.ErrInvalidConfig},
	}
}

func TestBadArguments(t *testing.T) {
	for name, result := range refused(t, start(t)) {
		if !errors.Is(result.err, result.code) {
			t.Errorf("%s: %v, not %v", name, result.err, result.code)
		}
	}
}

// onClosed are all calls that answer ErrClosed once the cluster is closed.
func onClosed(cluster *seafoam.Cluster) map[string]error {
	ctx := context.Background()
	failures := map[string]error{}
	note := func(name string, err error) { failures[name] = err }
	_, err := cluster.LocalNode()
	note("LocalNode", err)
	_, err = cluster.AllNodes()
	note("AllNodes", err)
	_, err = cluster.HealthyNodes()
	note("HealthyNodes", err)
	_, err = cluster.Node("a")
	note("Node", err)
	_, err = cluster.AddNode("127.0.0.1:1")
	note("AddNode", err)
	_, err = cluster.RemoveNode("a")
	note("RemoveNode", err)
	_, err = cluster.PingNode(ctx, "a")
	note("PingNode", err)
	_, err = cluster.Why("a")
	note("Why", err)
	_, err = cluster.Broadcast(nil)
	note("Broadcast", err)
	_, err = cluster.BroadcastWithReceipt(ctx, nil, patience)
	note("BroadcastWithReceipt", err)
	_, err = cluster.Leader()
	note("Leader", err)
	_, err = cluster.Lease()
	note("Lease", err)
	_, err = cluster.Validity()
	note("Validity", err)
	_, err = cluster.Owner("a", nil)
	note("Owner", err)
	_, err = cluster.Owners("a", 1, nil)
	note("Owners", err)
	_, err = cluster.Stats()
	note("Stats", err)
	_, err = cluster.Get("name")
	note("Get", err)
	_, err = cluster.Subscribe()
	note("Subscribe", err)
	remove, err := cluster.OnEvent(func(seafoam.Event) {})
	note("OnEvent", err)
	remove() // nothing to remove, and harmless
	note("Set", cluster.Set("name", "a"))
	note("SetTags", cluster.SetTags(nil))
	note("Send", cluster.Send(ctx, "a", nil))
	note("Ready", cluster.Ready(ctx, 1))
	note("Leave", cluster.Leave(ctx))
	note("Resign", cluster.Resign(ctx))
	note("TransferLeadership", cluster.TransferLeadership(ctx, "a"))
	note("TouchNode", cluster.TouchNode("a"))
	note("UpdateNodeStatus", cluster.UpdateNodeStatus("a", seafoam.StatusDead))
	return failures
}

func TestAfterCloseEveryCallSaysSo(t *testing.T) {
	cluster := start(t)
	must(t, cluster.Close())
	must(t, cluster.Close())
	for _, closed := range []*seafoam.Cluster{cluster, {}} { // and one that was never started
		for name, err := range onClosed(closed) {
			if !errors.Is(err, seafoam.ErrClosed) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if !closed.IsClosed() || closed.IsLeader() || closed.IsValid() || closed.Close() != nil {
			t.Error("it is not quite closed")
		}
		for event := range closed.Events(context.Background()) {
			ended, ok := event.(*seafoam.ClosedEvent)
			if !ok || !errors.Is(ended.Error, seafoam.ErrClosed) {
				t.Errorf("an event of a closed cluster: %+v", event)
			}
		}
	}
}
