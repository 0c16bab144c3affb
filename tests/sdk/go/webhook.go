package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/twilio/twilio-go/client"
)

// A webhook as the program sent it (tests/sdk/capture.mjs).
type captured struct {
	Method, Called, Token, Signature string
	Params                           map[string]string
}

// webhooks holds every captured signature against the SDK's validator.
func webhooks() {
	var all []captured
	text, err := os.ReadFile(os.Getenv("STROWGER_CORPUS"))
	if err == nil {
		err = json.Unmarshal(text, &all)
	}
	is("the corpus of webhooks", err == nil && len(all) >= 50, err)
	for _, c := range all {
		validator, other := client.NewRequestValidator(c.Token), client.NewRequestValidator(c.Token+"x")
		what := fmt.Sprintf("signature of %s %.80s", c.Method, c.Called)
		is(what, validator.Validate(c.Called, c.Params, c.Signature) && !validator.Validate(c.Called+"x", c.Params, c.Signature) &&
			!other.Validate(c.Called, c.Params, c.Signature))
	}
}
