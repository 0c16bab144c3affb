<?php
// A program for the hosted service, by PHP's curl, as twilio/sdk uses it: one message, and what
// the server says of it. Nothing here knows of any other server.
$account = getenv('TWILIO_ACCOUNT_SID');
$credentials = $account . ':' . getenv('TWILIO_AUTH_TOKEN');
$messages = "https://api.twilio.com/2010-04-01/Accounts/$account/Messages";

function send($url, $credentials, $form)
{
	$curl = curl_init($url);
	curl_setopt_array($curl, [CURLOPT_RETURNTRANSFER => true, CURLOPT_USERPWD => $credentials, CURLOPT_POSTFIELDS => http_build_query($form)]);
	$reply = curl_exec($curl);
	if ($reply === false)
		exit('curl: ' . curl_error($curl) . "\n");
	return json_decode($reply, true);
}

function fetch($url, $credentials)
{
	$curl = curl_init($url);
	curl_setopt_array($curl, [CURLOPT_RETURNTRANSFER => true, CURLOPT_USERPWD => $credentials]);
	return json_decode(curl_exec($curl), true);
}

$sid = send("$messages.json", $credentials, ['From' => '+15005550006', 'To' => '+15005550010', 'Body' => 'Grüße'])['sid'];
$deadline = hrtime(true) + 30e9;
while (($status = fetch("$messages/$sid.json", $credentials)['status']) !== 'delivered') {
	if (hrtime(true) > $deadline)
		exit("$status after 30 s\n");
	usleep(50000);
}
echo "delivered $sid\n";
