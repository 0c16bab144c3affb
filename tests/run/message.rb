# A program for the hosted service, by Ruby's own HTTP client, as twilio-ruby uses it: one message, and what the server
# says of it. Nothing here knows of any other server.
require 'json'
require 'net/http'

ACCOUNT = ENV.fetch('TWILIO_ACCOUNT_SID')

def ask(request)
  request.basic_auth(ACCOUNT, ENV.fetch('TWILIO_AUTH_TOKEN'))
  Net::HTTP.start('api.twilio.com', 443, use_ssl: true) { |http| JSON.parse(http.request(request).body) }
end

create = Net::HTTP::Post.new("/2010-04-01/Accounts/#{ACCOUNT}/Messages.json")
create.set_form_data('From' => '+15005550006', 'To' => '+15005550010', 'Body' => 'Grüße')
sid = ask(create).fetch('sid')
deadline = Process.clock_gettime(Process::CLOCK_MONOTONIC) + 30
loop do
  status = ask(Net::HTTP::Get.new("/2010-04-01/Accounts/#{ACCOUNT}/Messages/#{sid}.json")).fetch('status')
  break puts("delivered #{sid}") if status == 'delivered'
  abort "#{status} after 30 s" if Process.clock_gettime(Process::CLOCK_MONOTONIC) > deadline
  sleep 0.05
end
