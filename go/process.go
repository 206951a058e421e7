package seafoam

/*
#include <stdlib.h>
#include "bridge.h"
*/
import "C"

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"runtime/cgo"
	"time"
)

// Version returns the version of the library that is loaded, "major.minor.patch".
func Version() string { return C.GoString(C.seafoam_version()) }

// NowMillis returns the wall clock in milliseconds since the epoch.
func NowMillis() uint64 { return uint64(C.seafoam_now_millis()) }

// LocalIP returns this machine's address: global before private before link-local, IPv6 before IPv4.
// It is the zero Addr, without an error, where there is none but loopback.
//
// Errors: ErrInternal where the system cannot be asked.
func LocalIP() (netip.Addr, error) {
	var text *C.char
	var failure *C.seafoam_error
	code := C.seafoam_local_ip(&text, &failure)
	if err := toError(code, failure); err != nil || text == nil {
		return netip.Addr{}, err
	}
	address, err := netip.ParseAddr(takeText(text))
	if err != nil {
		return address, &Error{Code: ErrInternal, Message: "the own address cannot be read: " + err.Error()}
	}
	return address, nil
}

// Log logs a line among those of the library. It never waits for the logger.
//
// Errors: ErrInvalidConfig for a level that is none, or a text that cannot be taken.
func Log(level LogLevel, text string) error {
	return withText("text", text, func(line *C.char) error {
		var failure *C.seafoam_error
		return toError(C.seafoam_log(C.int(level), line, &failure), failure)
	})
}

// GetLogLevel returns the threshold of the log, which is the process's. (LogLevel is the type.)
func GetLogLevel() LogLevel { return LogLevel(C.seafoam_log_level()) }

// SetLogLevel sets the threshold of the log, process-wide: lines below it are not made at all.
//
// Errors: ErrInvalidConfig for a level that is none; then nothing was changed.
func SetLogLevel(level LogLevel) error {
	var failure *C.seafoam_error
	return toError(C.seafoam_set_log_level(C.int(level), &failure), failure)
}

// SetLogger sets what takes the log lines of the process; nil restores the default, standard error.
// It is called one line at a time, from a thread of the library; where it is slow, lines are lost
// and counted. SetLogger waits for a running call of the old logger; none begins afterwards.
//
// Errors: ErrBusy from inside a logger, which cannot be waited for there.
func SetLogger(logger func(level LogLevel, text string)) error {
	handle := cgo.Handle(0)
	if logger != nil {
		handle = cgo.NewHandle(logger) // seafoamGoLogDrop gives it back, also where the call fails
	}
	var failure *C.seafoam_error
	return toError(C.bridge_set_logger(C.uintptr_t(handle), &failure), failure)
}

// SetSlog hands the log lines of the process to a structured logger, whose handler decides by level
// which of them it takes; SetLogLevel decides which are made. LevelTrace is slog.LevelDebug-4,
// LevelFatal is slog.LevelError+4. Nil restores the default, standard error.
//
// Errors: as SetLogger.
func SetSlog(logger *slog.Logger) error {
	if logger == nil {
		return SetLogger(nil)
	}
	return SetLogger(func(level LogLevel, text string) {
		logger.Log(context.Background(), slogLevel(level), text)
	})
}

// slogLevel puts the levels four apart, as slog does: info is 0 there.
func slogLevel(level LogLevel) slog.Level { return slog.Level(4 * (level - LevelInfo)) }

// FlushLog waits until every line so far was handed to the logger, for so long at most (negative
// waits for ever). From inside the logger it returns at once.
func FlushLog(timeout time.Duration) { C.seafoam_flush_log(C.int64_t(millis(timeout))) }

//export seafoamGoLog
func seafoamGoLog(handle C.uintptr_t, level C.int32_t, line *C.char) {
	defer func() {
		if problem := recover(); problem != nil { // it must not unwind into C
			fmt.Fprintln(os.Stderr, "seafoam: the logger panicked:", problem)
		}
	}()
	logger, ok := cgo.Handle(handle).Value().(func(LogLevel, string))
	if ok {
		logger(LogLevel(level), C.GoString(line))
	}
}

//export seafoamGoLogDrop
func seafoamGoLogDrop(handle C.uintptr_t) { cgo.Handle(handle).Delete() }
