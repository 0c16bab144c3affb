import com.twilio.exception.ApiException;
import com.twilio.http.NetworkHttpClient;
import com.twilio.http.Request;
import com.twilio.http.Response;
import com.twilio.http.TwilioRestClient;
import com.twilio.rest.api.v2010.account.Message;
import com.twilio.type.PhoneNumber;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;

/** The official Java SDK against a server of one's own: its HTTP client sends what is meant for the hosted API to $SERVER. */
public class SdkTest {
	static final String FROM = "+15005550006", TO = "+15005550010";
	static int passed, failed;

	/** The same request to another server, by the product's prefix: the JDK's clients do not let one choose the Host. */
	static class Here extends NetworkHttpClient {
		@Override
		public Response makeRequest(Request request) {
			URI asked = URI.create(request.constructURL().toString());
			String product = asked.getHost().split("\\.")[0];
			String query = asked.getRawQuery() == null ? "" : "?" + asked.getRawQuery();
			Request moved = new Request(request.getMethod(), System.getenv("SERVER") + "/" + product + asked.getRawPath() + query);
			request.getPostParams().forEach((name, values) -> values.forEach(value -> moved.addPostParam(name, value)));
			moved.setAuth(request.getUsername(), request.getPassword());
			return super.makeRequest(moved);
		}
	}

	static TwilioRestClient connect(String token) {
		return new TwilioRestClient.Builder(System.getenv("TWILIO_ACCOUNT_SID"), token).httpClient(new Here()).build();
	}

	static void is(String what, BooleanSupplier test) {
		String why = "";
		boolean ok = false;
		try {
			ok = test.getAsBoolean();
		} catch (RuntimeException failure) {
			why = " # " + failure;
		}
		if (ok)
			passed++;
		else
			failed++;
		System.out.println((ok ? "ok - " : "not ok - ") + what + why);
	}

	static Message create(TwilioRestClient sdk, String body) {
		return Message.creator(new PhoneNumber(TO), new PhoneNumber(FROM), body).create(sdk);
	}

	static boolean failsWith(int status, int code, Runnable call) {
		try {
			call.run();
			return false;
		} catch (ApiException error) {
			return error.getStatusCode() == status && error.getCode() == code && !error.getMessage().isEmpty();
		}
	}

	static boolean isDelivered(TwilioRestClient sdk, String sid) {
		long end = System.nanoTime() + 10_000_000_000L;
		while (System.nanoTime() < end)
			if (Message.fetcher(sid).fetch(sdk).getStatus() == Message.Status.DELIVERED)
				return true;
		return false;
	}

	public static void main(String[] args) throws java.io.IOException {
		WebhookTest.run();
		TwilioRestClient sdk = connect(System.getenv("TWILIO_AUTH_TOKEN"));
		Message made = create(sdk, "from Java");
		String sid = made.getSid();
		is("create", () -> sid.startsWith("SM") && made.getStatus() == Message.Status.QUEUED && made.getBody().equals("from Java"));
		is("dates", () -> made.getDateCreated() != null && made.getDateSent() == null);
		is("fetch", () -> isDelivered(sdk, sid));
		is("list over pages", () -> {
			for (int i = 0; i < 24; i++)
				create(sdk, "number " + i);
			List<String> bodies = new ArrayList<>();
			Message.reader().pageSize(10).read(sdk).forEach(message -> bodies.add(message.getBody()));
			return bodies.size() == 25 && bodies.get(0).equals("number 23") && bodies.get(24).equals("from Java");
		});
		is("redact", () -> Message.updater(sid).setBody("").update(sdk).getBody().isEmpty());
		is("delete", () -> Message.deleter(sid).delete(sdk));
		is("what was deleted is gone", () -> failsWith(404, 20404, () -> Message.fetcher(sid).fetch(sdk)));
		is("no body", () -> failsWith(400, 21602, () -> create(sdk, "")));
		is("a long body", () -> failsWith(400, 21617, () -> create(sdk, "x".repeat(1601))));
		is("a wrong token", () -> failsWith(401, 20003, () -> create(connect("wrong"), "x")));
		System.out.println(passed + " passed, " + failed + " failed");
		System.exit(failed == 0 ? 0 : 1);
	}
}
