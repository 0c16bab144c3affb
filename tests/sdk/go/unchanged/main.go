// A program as anybody writes it: the SDK as it comes.  Sends a message and waits until its status callback says so.
package main

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/twilio/twilio-go"
	"github.com/twilio/twilio-go/client"
	api "github.com/twilio/twilio-go/rest/api/v2010"
)

func fail(why any) {
	fmt.Fprintln(os.Stderr, why)
	os.Exit(1)
}

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fail(err)
	}
	url := fmt.Sprintf("http://%s/status", listener.Addr())
	validator := client.NewRequestValidator(os.Getenv("TWILIO_AUTH_TOKEN"))
	delivered := make(chan string, 1)
	go http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.ParseForm()
		form := map[string]string{}
		for name := range r.PostForm {
			form[name] = r.PostForm.Get(name)
		}
		if !validator.Validate(url, form, r.Header.Get("X-Twilio-Signature")) {
			fail("the signature is wrong")
		}
		if form["MessageStatus"] == "delivered" {
			delivered <- form["MessageSid"]
		}
	}))
	params := &api.CreateMessageParams{}
	params.SetFrom("+15005550006").SetTo("+15005550010").SetBody("from Go").SetStatusCallback(url)
	message, err := twilio.NewRestClient().Api.CreateMessage(params)
	if err != nil {
		fail(err)
	}
	select {
	case sid := <-delivered:
		if sid != *message.Sid {
			fail("the callback is of another message")
		}
		fmt.Println("delivered", sid)
	case <-time.After(60 * time.Second):
		fail("no callback came")
	}
}
