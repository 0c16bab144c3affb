// The official Go SDK against a server of one's own: its transport sends what is meant for the hosted API to $SERVER,
// with the Host that the SDK chose.
package main

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/twilio/twilio-go"
	"github.com/twilio/twilio-go/client"
	api "github.com/twilio/twilio-go/rest/api/v2010"
)

const from, to = "+15005550006", "+15005550010"

type here struct{ server *url.URL }

func (h here) RoundTrip(request *http.Request) (*http.Response, error) {
	moved := request.Clone(request.Context())
	moved.Host = request.URL.Host
	moved.URL.Scheme, moved.URL.Host = h.server.Scheme, h.server.Host
	return http.DefaultTransport.RoundTrip(moved)
}

func connect(token string) *twilio.RestClient {
	server, err := url.Parse(os.Getenv("SERVER"))
	if err != nil {
		panic(err)
	}
	sid := os.Getenv("TWILIO_ACCOUNT_SID")
	base := &client.Client{Credentials: client.NewCredentials(sid, token), HTTPClient: &http.Client{Transport: here{server}}}
	base.SetAccountSid(sid)
	return twilio.NewRestClientWithParams(twilio.ClientParams{Client: base})
}

var passed, failed int

func is(what string, ok bool, details ...any) {
	if ok {
		passed++
		fmt.Println("ok -", what)
	} else {
		failed++
		fmt.Println("not ok -", what, details)
	}
}

func create(sdk *twilio.RestClient, body string) (*api.ApiV2010Message, error) {
	params := &api.CreateMessageParams{}
	params.SetTo(to).SetFrom(from).SetBody(body)
	return sdk.Api.CreateMessage(params)
}

func delivered(sdk *twilio.RestClient, sid string) (*api.ApiV2010Message, error) {
	for start := time.Now(); ; time.Sleep(10 * time.Millisecond) {
		message, err := sdk.Api.FetchMessage(sid, nil)
		if err != nil || *message.Status == "delivered" || time.Since(start) > 10*time.Second {
			return message, err
		}
	}
}

func failsWith(err error, status, code int) bool {
	var rest *client.TwilioRestError
	return errors.As(err, &rest) && rest.Status == status && rest.Code == code && rest.Message != "" && strings.HasPrefix(rest.MoreInfo, "http")
}

func main() {
	webhooks()
	sdk := connect(os.Getenv("TWILIO_AUTH_TOKEN"))
	made, err := create(sdk, "from Go")
	is("create", err == nil && strings.HasPrefix(*made.Sid, "SM") && *made.Status == "queued" && *made.Body == "from Go", err)
	if err != nil {
		fmt.Println("0 passed, 1 failed")
		os.Exit(1)
	}
	got, err := delivered(sdk, *made.Sid)
	is("fetch", err == nil && *got.Status == "delivered" && *got.Price == "-0.00750", err)
	for i := 0; i < 24; i++ {
		if _, err = create(sdk, fmt.Sprint("number ", i)); err != nil {
			break
		}
	}
	params := &api.ListMessageParams{}
	params.SetPageSize(10)
	list, err := sdk.Api.ListMessage(params)
	is("list over pages", err == nil && len(list) == 25 && *list[24].Sid == *made.Sid && *list[0].Body == "number 23", err, len(list))
	params.SetLimit(12)
	list, err = sdk.Api.ListMessage(params)
	is("list with a limit", err == nil && len(list) == 12, err, len(list))
	update := &api.UpdateMessageParams{}
	update.SetBody("")
	got, err = sdk.Api.UpdateMessage(*made.Sid, update)
	is("redact", err == nil && *got.Body == "", err)
	is("delete", sdk.Api.DeleteMessage(*made.Sid, nil) == nil)
	_, err = sdk.Api.FetchMessage(*made.Sid, nil)
	is("what was deleted is gone", failsWith(err, 404, 20404), err)
	_, err = create(sdk, "")
	is("no body", failsWith(err, 400, 21602), err)
	_, err = create(sdk, strings.Repeat("x", 1601))
	is("a long body", failsWith(err, 400, 21617), err)
	_, err = create(connect("wrong"), "x")
	is("a wrong token", failsWith(err, 401, 20003), err)
	fmt.Printf("%d passed, %d failed\n", passed, failed)
	if failed > 0 {
		os.Exit(1)
	}
}
