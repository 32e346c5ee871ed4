// The documented way for a .NET program: a user's token from the v1 endpoint by one HttpClient request, then the alerts.
// Arguments: authority, API base, tenant, client id, user name. The password is in PASSWORD.
using System;
using System.Linq;
using System.Net.Http;
using System.Net.Http.Headers;
using System.Text;
using Newtonsoft.Json.Linq;

public static class Sample
{
    public static int Main(string[] args)
    {
        var client = new HttpClient();
        var password = Environment.GetEnvironmentVariable("PASSWORD");
        // User name and password are not percent-encoded: that is how the documented request sends them.
        var body = "resource=" + "https://api.securitycenter.microsoft.com" + "&client_id=" + args[3] +
            "&grant_type=password&username=" + args[4] + "&password=" + password;
        var content = new StringContent(body, Encoding.UTF8, "application/x-www-form-urlencoded");
        var answer = client.PostAsync(args[0] + "/" + args[2] + "/oauth2/token", content).GetAwaiter().GetResult();
        answer.EnsureSuccessStatusCode();
        var token = JObject.Parse(answer.Content.ReadAsStringAsync().Result)["access_token"].ToString();

        var request = new HttpRequestMessage(HttpMethod.Get, args[1] + "/api/alerts?$top=3");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        var alerts = client.SendAsync(request).GetAwaiter().GetResult();
        alerts.EnsureSuccessStatusCode();
        var value = (JArray) JObject.Parse(alerts.Content.ReadAsStringAsync().Result)["value"];
        Console.WriteLine(new JObject {
            { "token", token }, { "alerts", new JArray(value.Select(each => each["id"])) }
        }.ToString(Newtonsoft.Json.Formatting.None));
        return 0;
    }
}
