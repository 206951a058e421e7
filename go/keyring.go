package seafoam

/*
#include <stdlib.h>
#include "bridge.h"
*/
import "C"

import (
	"context"
	"time"
)

// GenerateKey makes a new key for Keys or a KeysFile: 32 random bytes in base64.
//
// Errors: ErrInternal where the system gives no random bytes.
func GenerateKey() (string, error) {
	var key *C.char
	var failure *C.seafoam_error
	code := C.seafoam_generate_key(&key, &failure)
	if err := toError(code, failure); err != nil {
		return "", err
	}
	return takeText(key), nil
}

// KeyInfo is one installed key; the key itself is never shown.
type KeyInfo struct {
	// ID is four hexadecimal digits.
	ID string
	// Seals says whether it seals what this node sends. All keys open.
	Seals bool
}

// MemberKeys are the keys of one member, as it told them itself.
type MemberKeys struct {
	// Name of the member.
	Name string
	// Answered says whether it answered in time; if not, its keys are not known.
	Answered bool
	// Keys are the ids of its keys, that of the key which seals first.
	Keys []string
}

// Keyring is the keys of one node, and what the others say of theirs. It is safe for use by several
// goroutines. Every call fails with ErrClosed once the cluster is closed.
//
// Keys do not travel: each is installed on every node. To change the key of a cluster: Install the
// new one everywhere, Rotate on one node, Retire the old one everywhere.
type Keyring struct{ cluster *Cluster }

// Keyring returns the keys that seal this cluster's traffic.
func (c *Cluster) Keyring() Keyring { return Keyring{c} }

// List returns the keys of this node, that which seals first; none where traffic is plain.
//
// Errors: ErrClosed.
func (k Keyring) List() ([]KeyInfo, error) {
	return k.keys(func(raw *C.seafoam_cluster, keys **C.seafoam_keys, failure **C.seafoam_error) C.seafoam_code {
		return C.seafoam_cluster_keyring_list(raw, keys, failure)
	})
}

// Install adds a key (32 bytes in base64) that opens traffic but does not seal it yet, and returns
// its id. A key that is there already is no error.
//
// Errors: ErrBadKey for what is no key, an id that is taken, a full keyring, or a cluster that was
// started without keys; ErrClosed. Nothing was changed.
func (k Keyring) Install(key string) (string, error) {
	var id *C.char
	err := k.cluster.onText("key", key, func(raw *C.seafoam_cluster, text *C.char, failure **C.seafoam_error) C.seafoam_code {
		return C.seafoam_cluster_keyring_install(raw, text, &id, failure)
	})
	if err != nil {
		return "", err
	}
	return takeText(id), nil
}

// Use seals with an installed key, named by its id, from now on: on this node alone.
//
// Errors: ErrBadKey where it is not installed, ErrClosed.
func (k Keyring) Use(keyID string) error {
	return k.cluster.onText("key_id", keyID, func(raw *C.seafoam_cluster, text *C.char, failure **C.seafoam_error) C.seafoam_code {
		return C.seafoam_cluster_keyring_use(raw, text, failure)
	})
}

// Retire takes an installed key, named by its id, away: on this node alone.
//
// Errors: ErrBadKey where it is not installed, or is the one that seals; ErrClosed.
func (k Keyring) Retire(keyID string) error {
	return k.cluster.onText("key_id", keyID, func(raw *C.seafoam_cluster, text *C.char, failure **C.seafoam_error) C.seafoam_code {
		return C.seafoam_cluster_keyring_retire(raw, text, failure)
	})
}

// Reload reads the KeysFile again and takes its keys in place of the present ones; it returns them.
//
// Errors: ErrInvalidConfig where there is no KeysFile or it cannot be read, ErrBadKey,
// ErrKeyRequired where it has no key, ErrClosed. Nothing was changed.
func (k Keyring) Reload() ([]KeyInfo, error) {
	return k.keys(func(raw *C.seafoam_cluster, keys **C.seafoam_keys, failure **C.seafoam_error) C.seafoam_code {
		return C.seafoam_cluster_keyring_reload(raw, keys, failure)
	})
}

const (
	reportTimeout = 5 * time.Second
	rotateTimeout = 30 * time.Second
)

// Report asks every member which keys it has, until the context's deadline, or for 5 s where it has
// none. Members that do not answer in time are in the report as such.
//
// Errors: ErrBusy where too many such calls wait, ErrClosed, the context's error.
func (k Keyring) Report(ctx context.Context) ([]MemberKeys, error) {
	timeout := C.int64_t(millis(remaining(ctx, reportTimeout)))
	return k.members(ctx, "keyring report", func(report **C.seafoam_key_report) error {
		return k.cluster.call(func(raw *C.seafoam_cluster, failure **C.seafoam_error) C.seafoam_code {
			return C.seafoam_cluster_keyring_report(raw, timeout, report, failure)
		})
	})
}

// Rotate seals with an installed key, named by its id, in the whole cluster: it waits until every
// alive member says that it has the key, until the context's deadline, or for 30 s where it has none,
// then tells all to use it, and returns what they answer. It can be called again at any time.
//
// Errors: ErrTimeout naming who lacks the key or did not answer: as long as any alive member lacks
// it, nothing is changed. ErrBadKey where it is not installed here, ErrBusy, ErrClosed, the context's
// error.
func (k Keyring) Rotate(ctx context.Context, keyID string) ([]MemberKeys, error) {
	timeout := C.int64_t(millis(remaining(ctx, rotateTimeout)))
	return k.members(ctx, "keyring rotate", func(report **C.seafoam_key_report) error {
		return k.cluster.onText("key_id", keyID, func(raw *C.seafoam_cluster, text *C.char, failure **C.seafoam_error) C.seafoam_code {
			return C.seafoam_cluster_keyring_rotate(raw, text, timeout, report, failure)
		})
	})
}

func (k Keyring) keys(
	list func(*C.seafoam_cluster, **C.seafoam_keys, **C.seafoam_error) C.seafoam_code,
) ([]KeyInfo, error) {
	var keys *C.seafoam_keys
	err := k.cluster.call(func(raw *C.seafoam_cluster, failure **C.seafoam_error) C.seafoam_code {
		return list(raw, &keys, failure)
	})
	if err != nil {
		return nil, err
	}
	defer C.seafoam_keys_free(keys)
	return keyInfos(keys), nil
}

func keyInfos(keys *C.seafoam_keys) []KeyInfo {
	all := make([]KeyInfo, C.seafoam_keys_length(keys))
	for index := range all {
		at := C.size_t(index)
		all[index] = KeyInfo{C.GoString(C.seafoam_keys_id(keys, at)), bool(C.seafoam_keys_seals(keys, at))}
	}
	return all
}

func (k Keyring) members(
	ctx context.Context, name string, ask func(**C.seafoam_key_report) error,
) ([]MemberKeys, error) {
	call := func() ([]MemberKeys, error) {
		var report *C.seafoam_key_report
		if err := ask(&report); err != nil {
			return nil, err
		}
		defer C.seafoam_key_report_free(report)
		all := make([]MemberKeys, C.seafoam_key_report_length(report))
		for index := range all {
			at := C.size_t(index)
			infos := keyInfos(C.seafoam_key_report_keys(report, at))
			ids := make([]string, len(infos))
			for place, info := range infos {
				ids[place] = info.ID
			}
			name := C.GoString(C.seafoam_key_report_name(report, at))
			all[index] = MemberKeys{name, bool(C.seafoam_key_report_answered(report, at)), ids}
		}
		return all, nil
	}
	return await(ctx, name, call, func([]MemberKeys) {})
}
