package orders

import (
	"errors"
	"fmt"
)

// Code classifies an [Error] for machines.
type Code string

// The codes; anything else is a surprise and is shown as 系统繁忙 with the trace id.
const (
	CodeInvalid  Code = "invalid"   // the request makes no sense
	CodeNotFound Code = "not_found" // no such thing, or not the asker's
	CodeConflict Code = "conflict"  // the thing has moved on meanwhile
	CodeDenied   Code = "denied"    // the actor has not the right
	CodeInternal Code = "internal"
)

// Error is a refusal with a Chinese sentence for the person in the chat and a cause for the log.
type Error struct {
	Code    Code
	Message string
	Err     error
}

// Error returns the sentence, followed by the cause if there is one.
func (e *Error) Error() string {
	if e.Err != nil {
		return e.Message + ": " + e.Err.Error()
	}
	return e.Message
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Errorf makes an [Error] with a sentence for people.
func Errorf(code Code, format string, args ...any) error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// ErrorCode returns the code of err: "" for nil, [CodeInternal] for anything that is no [Error].
func ErrorCode(err error) Code {
	if err == nil {
		return ""
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return CodeInternal
}

// ErrorMessage returns the sentence for people, and whether err has one.
func ErrorMessage(err error) (string, bool) {
	if e, ok := errors.AsType[*Error](err); ok && e.Code != CodeInternal {
		return e.Message, true
	}
	return "", false
}
