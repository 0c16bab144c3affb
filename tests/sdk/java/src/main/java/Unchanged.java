import com.sun.net.httpserver.HttpServer;
import com.twilio.Twilio;
import com.twilio.rest.api.v2010.account.Message;
import com.twilio.security.RequestValidator;
import com.twilio.type.PhoneNumber;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** A program as anybody writes it: the SDK as it comes.  Sends a message and waits until its status callback says so. */
public class Unchanged {
	public static void main(String[] args) throws Exception {
		String token = System.getenv("TWILIO_AUTH_TOKEN");
		CompletableFuture<String> delivered = new CompletableFuture<>();
		HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
		String url = "http://127.0.0.1:" + server.getAddress().getPort() + "/status";
		server.createContext("/status", exchange -> {
			Map<String, String> form = new HashMap<>();
			for (String pair : new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8).split("&")) {
				String[] parts = pair.split("=", 2);
				form.put(URLDecoder.decode(parts[0], StandardCharsets.UTF_8), URLDecoder.decode(parts[1], StandardCharsets.UTF_8));
			}
			exchange.sendResponseHeaders(204, -1);
			exchange.close();
			if (!new RequestValidator(token).validate(url, form, exchange.getRequestHeaders().getFirst("X-Twilio-Signature")))
				delivered.completeExceptionally(new IllegalStateException("the signature is wrong"));
			else if ("delivered".equals(form.get("MessageStatus")))
				delivered.complete(form.get("MessageSid"));
		});
		server.start();
		Twilio.init(System.getenv("TWILIO_ACCOUNT_SID"), token);
		Message message = Message.creator(new PhoneNumber("+15005550010"), new PhoneNumber("+15005550006"), "from Java")
				.setStatusCallback(URI.create(url)).create();
		String sid = delivered.get(60, TimeUnit.SECONDS);
		if (!sid.equals(message.getSid()))
			throw new IllegalStateException("the callback is of another message");
		System.out.println("delivered " + sid);
		server.stop(0);
		System.exit(0);
	}
}
