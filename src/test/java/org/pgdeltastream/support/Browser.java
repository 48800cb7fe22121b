package org.pgdeltastream.support;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.logging.Level;
import org.openqa.selenium.By;
import org.openqa.selenium.Keys;
import org.openqa.selenium.OutputType;
import org.openqa.selenium.StaleElementReferenceException;
import org.openqa.selenium.WebDriverException;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.logging.LogEntry;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.logging.LoggingPreferences;
import org.opentest4j.TestAbortedException;

/** Chromium without a window. */
public final class Browser implements AutoCloseable {
  private static final String WHAT = "chromium";
  private static final String ADVICE = "install chromium and chromium-driver (Debian)";
  private static final List<String> PLACES =
      List.of("/usr/bin/chromium", "/usr/bin/chromium-browser");
  private static final Path DRIVER = Path.of("/usr/bin/chromedriver");
  private static final Duration SOON = Duration.ofSeconds(30);

  private final ChromeDriver driver;

  private Browser(ChromeDriver driver) {
    this.driver = driver;
  }

  /** Aborts the test, and says so at the end, where it is not installed; with CI=true it fails. */
  public static Browser open(Path directory, String test, String... more) {
    Optional<String> binary =
        PLACES.stream().filter(one -> Files.isExecutable(Path.of(one))).findFirst();
    if (binary.isEmpty() || !Files.isExecutable(DRIVER)) {
      if ("true".equals(System.getenv("CI"))) {
        throw new AssertionError(WHAT + " is not at hand: " + ADVICE);
      }
      SkippedTests.add(WHAT, ADVICE, List.of(test));
      throw new TestAbortedException(WHAT + " is not at hand: " + ADVICE);
    }
    ChromeOptions options = new ChromeOptions();
    options.setBinary(binary.get());
    options.addArguments(
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--window-size=1280,1000",
        "--user-data-dir=" + directory.resolve("browser"));
    options.addArguments(more);
    LoggingPreferences logs = new LoggingPreferences();
    logs.enable(LogType.BROWSER, Level.ALL);
    options.setCapability("goog:loggingPrefs", logs);
    ChromeDriverService service =
        new ChromeDriverService.Builder()
            .usingDriverExecutable(new File(DRIVER.toString()))
            .usingAnyFreePort()
            .build();
    return new Browser(new ChromeDriver(service, options));
  }

  /** Opens a page anew, also where only what follows # differs. */
  public void open(String address) {
    driver.get("about:blank");
    driver.get(address);
  }

  /** The first that matches, once it is shown. */
  public WebElement find(String css) {
    return await("an element " + css)
        .atMost(SOON)
        .ignoreException(StaleElementReferenceException.class)
        .until(
            () ->
                driver.findElements(By.cssSelector(css)).stream()
                    .filter(WebElement::isDisplayed)
                    .findFirst(),
            Optional::isPresent)
        .orElseThrow();
  }

  /** Presses the button, or follows the link, of this name. */
  public void press(String name) {
    await("a button or link " + name)
        .atMost(SOON)
        .ignoreExceptionsInstanceOf(WebDriverException.class)
        .until(
            () -> {
              named(name).click();
              return true;
            });
  }

  private WebElement named(String name) {
    String literal = "\"" + name + "\"";
    return driver.findElement(
        By.xpath(
            "//*[(self::button or self::a or self::summary) and (normalize-space()="
                + literal
                + " or @aria-label="
                + literal
                + ")]"));
  }

  /** Whether there is a button or link of this name. */
  public boolean has(String name) {
    try {
      return named(name).isDisplayed();
    } catch (WebDriverException e) {
      return false;
    }
  }

  public void type(String css, CharSequence... keys) {
    find(css).sendKeys(keys);
  }

  /** What the keyboard reaches now. */
  public WebElement focused() {
    return driver.switchTo().activeElement();
  }

  /** Goes to the next with the keyboard. */
  public void tab() {
    focused().sendKeys(Keys.TAB);
  }

  /** Waits until an element's text is as wanted. */
  public void awaitText(String css, Predicate<String> wanted) {
    await("the text of " + css)
        .atMost(SOON)
        .ignoreException(StaleElementReferenceException.class)
        .untilAsserted(() -> assertThat(find(css).getText()).matches(wanted));
  }

  /** Waits until an element's text contains this. */
  public void awaitText(String css, String part) {
    await("the text of " + css)
        .atMost(SOON)
        .ignoreException(StaleElementReferenceException.class)
        .untilAsserted(() -> assertThat(find(css).getText()).contains(part));
  }

  /** Waits until nothing matches. */
  public void awaitNo(String css) {
    await("no " + css).atMost(SOON).until(() -> driver.findElements(By.cssSelector(css)).isEmpty());
  }

  /** Runs a script; answers what it returns, as text. */
  public String run(String script) {
    return String.valueOf(driver.executeScript(script));
  }

  /** Colours for a dark or a light room. */
  public void setDark(boolean dark) {
    Map<String, String> scheme =
        Map.of("name", "prefers-color-scheme", "value", dark ? "dark" : "light");
    driver.executeCdpCommand("Emulation.setEmulatedMedia", Map.of("features", List.of(scheme)));
  }

  /** Pixels; those of a phone at 390. */
  public void setWidth(int width) {
    driver.executeCdpCommand(
        "Emulation.setDeviceMetricsOverride",
        Map.of("width", width, "height", 900, "deviceScaleFactor", 1, "mobile", width < 500));
  }

  /** By how many pixels the page is wider than its window. */
  public long overflow() {
    return Long.parseLong(
        run("return document.documentElement.scrollWidth - document.documentElement.clientWidth"));
  }

  /** What axe finds wrong for people who cannot see or use a mouse. */
  public List<?> accessibilityViolations() throws IOException {
    try (InputStream axe =
        Objects.requireNonNull(Browser.class.getResourceAsStream("/axe.min.js"), "axe")) {
      driver.executeScript(new String(axe.readAllBytes(), StandardCharsets.UTF_8));
    }
    return Objects.requireNonNull(
        (List<?>)
            driver.executeAsyncScript(
                "const done = arguments[0]; axe.run().then(found => done(found.violations.map(one =>"
                    + " one.id + ': ' + one.nodes.map(node => node.html).join(' '))),"
                    + " problem => done([String(problem)]))"));
  }

  /** What the browser complained of since it was asked last: refused scripts and styles, errors. */
  public List<String> complaints() {
    List<String> all = new ArrayList<>();
    for (LogEntry entry : driver.manage().logs().get(LogType.BROWSER)) {
      if (entry.getLevel().intValue() >= Level.WARNING.intValue()) {
        all.add(entry.getMessage());
      }
    }
    return all;
  }

  public void picture(Path file) throws IOException {
    Files.write(file, driver.getScreenshotAs(OutputType.BYTES));
  }

  @Override
  public void close() {
    driver.quit();
  }
}
