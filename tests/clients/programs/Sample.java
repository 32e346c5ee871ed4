// A Java program with the addresses of the cloud written into it: a user's token, then the alerts.
// Arguments: authority, API base, tenant, client id, user name. The password is in PASSWORD.
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

public class Sample {
    public static void main(String[] args) throws Exception {
        HttpClient client = HttpClient.newHttpClient();
        String body = "grant_type=password&client_id=" + encoded(args[3]) + "&username=" + encoded(args[4])
            + "&password=" + encoded(System.getenv("PASSWORD"))
            + "&scope=" + encoded("https://api.securitycenter.microsoft.com/.default");
        HttpRequest ask = HttpRequest.newBuilder(URI.create(args[0] + "/" + args[2] + "/oauth2/v2.0/token"))
            .header("Content-Type", "application/x-www-form-urlencoded")
            .POST(HttpRequest.BodyPublishers.ofString(body)).build();
        String token = member(client.send(ask, HttpResponse.BodyHandlers.ofString()).body(), "access_token");
        HttpRequest list = HttpRequest.newBuilder(URI.create(args[1] + "/api/alerts?$top=1"))
            .header("Authorization", "Bearer " + token).build();
        HttpResponse<String> alerts = client.send(list, HttpResponse.BodyHandlers.ofString());
        System.out.println("{\"token\":\"" + token + "\",\"alerts\":[\"" + member(alerts.body(), "id") + "\"]}");
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    private static String member(String json, String name) {
        Matcher found = Pattern.compile("\"" + name + "\"\\s*:\\s*\"([^\"]*)\"").matcher(json);
        if (!found.find()) {
            throw new IllegalStateException(json);
        }
        return found.group(1);
    }
}
