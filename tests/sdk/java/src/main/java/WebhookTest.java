import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.twilio.security.RequestValidator;
import java.io.File;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;

/** Webhooks as the program sent them (tests/sdk/capture.mjs), against the SDK's validator. */
class WebhookTest {
	static boolean isValid(String token, JsonNode c, String url) {
		Map<String, String> params = new HashMap<>();
		c.get("params").fields().forEachRemaining(pair -> params.put(pair.getKey(), pair.getValue().asText()));
		return new RequestValidator(token).validate(url, params, c.get("signature").asText());
	}

	static void run() throws IOException {
		JsonNode all = new ObjectMapper().readTree(new File(System.getenv("STROWGER_CORPUS")));
		SdkTest.is("the corpus of webhooks", () -> all.size() >= 50);
		for (JsonNode c : all) {
			String url = c.get("called").asText(), token = c.get("token").asText();
			SdkTest.is("signature of " + c.get("method").asText() + " " + url,
				() -> isValid(token, c, url) && !isValid(token, c, url + "x") && !isValid(token + "x", c, url));
		}
	}
}
