package seafoam

/*
#include "bridge.h"
*/
import "C"

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// Error is what every call of this package fails with, but for a context that was cancelled (then
// it is the context's error).
//
// Compare codes with errors.Is: errors.Is(err, seafoam.ErrUnknownNode).
type Error struct {
	// Code says what went wrong, for programs.
	Code ErrorCode
	// Message is a sentence that says what happened, to what, and what is accepted instead.
	Message string
	// The context's error where a deadline of the caller's ended the call.
	cause error
}

// Error returns the sentence and the word of the code.
func (e *Error) Error() string {
	return "seafoam: " + e.Message + " (" + e.Code.String() + ")"
}

// Unwrap gives the code, and the context's error where a context ended the call.
func (e *Error) Unwrap() []error {
	if e.cause != nil {
		return []error{e.Code, e.cause}
	}
	return []error{e.Code}
}

// Error returns the word of the code, and makes it usable as the target of errors.Is.
func (c ErrorCode) Error() string { return c.String() }

// toError makes the error of a call that answered code, and frees the object that came with it.
func toError(code C.seafoam_code, failure *C.seafoam_error) error {
	if code == C.SEAFOAM_OK {
		return nil
	}
	made := readError(failure)
	made.Code = ErrorCode(code)
	C.seafoam_error_free(failure)
	return made
}

// readError copies an error object of C, which may be NULL.
func readError(failure *C.seafoam_error) *Error {
	return &Error{
		Code:    ErrorCode(C.seafoam_error_code(failure)),
		Message: C.GoString(C.seafoam_error_message(failure)),
	}
}

func errClosed() error {
	return &Error{Code: ErrClosed, Message: "the handle is closed"}
}

func badArgument(name, what string) error {
	return &Error{Code: ErrInvalidConfig, Message: "argument " + name + " " + what}
}

// contextError tells that the caller's context ended a call.
func contextError(ctx context.Context, call string) error {
	err := ctx.Err()
	if errors.Is(err, context.DeadlineExceeded) {
		message := call + ": the deadline of the context passed"
		return &Error{Code: ErrTimeout, Message: message, cause: err}
	}
	return fmt.Errorf("seafoam: %s: %w", call, err)
}

// checkText refuses what a text of C cannot hold: it would end at the first NUL, unseen.
func checkText(name, text string) error {
	if place := strings.IndexByte(text, 0); place >= 0 {
		return badArgument(name, fmt.Sprintf("has a NUL byte at %d", place))
	}
	return nil
}
