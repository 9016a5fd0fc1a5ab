import io.debezium.engine.ChangeEvent;
import io.debezium.engine.DebeziumEngine;
import io.debezium.engine.format.Json;
import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Properties;

/**
 * Runs Debezium's engine until it is killed. Each event becomes one line {"key": …, "value": …} of the file
 * `lines.file`; where `sink.url` is set, its value is posted there as well, as the HTTP sink of Debezium Server does.
 * The one argument is a properties file, which goes to the engine as it is.
 */
public final class DebeziumToLines {
  public static void main(String[] arguments) throws Exception {
    Properties properties = new Properties();
    try (Reader reader = Files.newBufferedReader(Path.of(arguments[0]))) {
      properties.load(reader);
    }
    String sink = properties.getProperty("sink.url");
    HttpClient client = sink == null ? null : HttpClient.newHttpClient();
    Writer lines =
        Files.newBufferedWriter(
            Path.of(properties.getProperty("lines.file")),
            StandardCharsets.UTF_8,
            StandardOpenOption.CREATE,
            StandardOpenOption.APPEND);
    DebeziumEngine<ChangeEvent<String, String>> engine =
        DebeziumEngine.create(Json.class)
            .using(properties)
            .notifying(
                (events, committer) -> {
                  write(lines, events);
                  for (ChangeEvent<String, String> event : events) {
                    if (client != null && event.value() != null) post(client, sink, event.value());
                    committer.markProcessed(event);
                  }
                  committer.markBatchFinished();
                })
            .using(
                (success, message, error) -> {
                  System.err.println("engine ended: " + message);
                  if (error != null) error.printStackTrace();
                  System.exit(success ? 0 : 1);
                })
            .build();
    engine.run();
  }

  private static void write(Writer lines, List<ChangeEvent<String, String>> events) {
    try {
      for (ChangeEvent<String, String> event : events) {
        lines.write("{\"key\":" + event.key() + ",\"value\":" + event.value() + "}\n");
      }
      lines.flush();
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  private static void post(HttpClient client, String sink, String value) {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(sink))
            .header("content-type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(value))
            .build();
    try {
      HttpResponse<String> response = client.send(request, HttpResponse.BodyHandlers.ofString());
      if (response.statusCode() / 100 != 2) {
        throw new IllegalStateException("sink answered " + response.statusCode() + ": " + response.body());
      }
    } catch (IOException | InterruptedException failure) {
      throw new IllegalStateException("sink did not answer", failure);
    }
  }
}
