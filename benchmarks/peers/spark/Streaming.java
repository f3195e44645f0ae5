// One workload of Spark Streaming, timed by Spark's own listener:  Streaming WORKLOAD KEY=VALUE...
//
// WORKLOAD  grep | wordcount | window | inverse | update | map
// files     folder of batch0, batch1, ...: each a folder of text files that are one batch; they are taken in turn, again and again
// out       file for what the last batch puts out: a record a line, or key, tab, number
// warm      seconds before the first batch that counts    timed: batches that count    interval: ms    span: batches in a window
// partitions  at least so many of a batch and exactly so many of an exchange    kryo: 1 or 0    level: a name of StorageLevel
// sustain   1: then looks for the smallest interval at which batches do not fall behind
//
// It prints  batches N  median MS  least MS  most MS  peak MiB  sustained MS, each on a line. A batch's records are counted, so that each is computed.
import java.io.*;
import java.nio.charset.StandardCharsets;
import java.nio.file.*;
import java.util.*;
import java.util.concurrent.*;
import java.util.concurrent.atomic.*;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.*;
import org.apache.spark.api.java.function.Function3;
import org.apache.spark.storage.StorageLevel;
import org.apache.spark.streaming.*;
import org.apache.spark.streaming.api.java.*;
import org.apache.spark.streaming.scheduler.*;
import scala.Tuple2;

public class Streaming {
  static final Map<String, String> option = new HashMap<>(Map.of("files", "", "out", "", "warm", "60", "timed", "30", "interval", "500",
      "span", "10", "partitions", "2", "kryo", "1", "level", "MEMORY_ONLY", "sustain", "0"));
  static String workload;
  static volatile Run run;  // the one that goes on: what a checkpoint holds cannot refer to it otherwise

  static int number(String key) { return Integer.parseInt(option.get(key)); }

  /** What a run of one context has found. */
  static class Run implements StreamingListener {
    final List<long[]> batches = new CopyOnWriteArrayList<>();  // processing, waiting before it: ms
    volatile boolean last;                                      // the next batch is put out, and counts no more
    final CountDownLatch written = new CountDownLatch(1);
    final AtomicInteger begun = new AtomicInteger();
    volatile int put;  // the number of the batch that was put out

    @Override public void onBatchCompleted(StreamingListenerBatchCompleted event) {
      BatchInfo info = event.batchInfo();
      batches.add(new long[] {(Long) info.processingDelay().get(), (Long) info.schedulingDelay().get()});
      synchronized (this) { notifyAll(); }
    }
    synchronized void await(int count) throws InterruptedException {
      while (batches.size() < count) wait();
    }
    @Override public void onStreamingStarted(StreamingListenerStreamingStarted e) {}
    @Override public void onBatchSubmitted(StreamingListenerBatchSubmitted e) {}
    @Override public void onBatchStarted(StreamingListenerBatchStarted e) {}
    @Override public void onReceiverStarted(StreamingListenerReceiverStarted e) {}
    @Override public void onReceiverError(StreamingListenerReceiverError e) {}
    @Override public void onReceiverStopped(StreamingListenerReceiverStopped e) {}
    @Override public void onOutputOperationStarted(StreamingListenerOutputOperationStarted e) {}
    @Override public void onOutputOperationCompleted(StreamingListenerOutputOperationCompleted e) {}
  }

  static void put(List<String> lines) {
    try {
      Files.write(Path.of(option.get("out")), lines, StandardCharsets.US_ASCII);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static void build(JavaStreamingContext context, List<JavaRDD<String>> files, int interval) {
    List<JavaRDD<String>> queue = new ArrayList<>();
    for (int i = 0; i < 4000; ++i) queue.add(files.get(i % files.size()));
    JavaDStream<String> lines = context.queueStream(new LinkedList<>(queue), true);
    StorageLevel level = StorageLevel.fromString(option.get("level"));
    int partitions = number("partitions");
    if (workload.equals("grep")) {
      lines.filter(line -> line.contains("w777 ")).foreachRDD(rdd -> {
        run.begun.incrementAndGet();
        if (!run.last) rdd.count();
        else if (run.written.getCount() > 0) {
          run.put = run.begun.get();
          put(rdd.collect());
          run.written.countDown();
        }
      });
      return;
    }
    JavaPairDStream<String, Long> ones = lines.flatMap(line -> Arrays.asList(line.split(" ")).iterator()).mapToPair(word -> new Tuple2<>(word, 1L));
    Duration slide = new Duration(interval), span = new Duration((long) interval * number("span"));
    JavaPairDStream<String, Long> counts;
    switch (workload) {
      case "wordcount": counts = ones.reduceByKey(Long::sum, partitions); break;
      case "window": counts = ones.reduceByKeyAndWindow((a, b) -> a + b, span, slide, partitions).persist(level); break;
      case "inverse":
        counts = ones.reduceByKeyAndWindow((a, b) -> a + b, (a, b) -> a - b, span, slide, partitions, pair -> true).persist(level);
        break;
      case "update":
        counts = ones.reduceByKey(Long::sum, partitions).updateStateByKey((values, state) -> {
          long sum = state.isPresent() ? (Long) state.get() : 0L;
          for (Long value : values) sum += value;
          return org.apache.spark.api.java.Optional.of(sum);
        }, partitions);
        counts.persist(level);
        break;
      case "map":
        Function3<String, org.apache.spark.api.java.Optional<Long>, State<Long>, Tuple2<String, Long>> step = (word, value, state) -> {
          long sum = (state.exists() ? state.get() : 0L) + value.orElse(0L);
          state.update(sum);
          return new Tuple2<>(word, sum);
        };
        counts = ones.reduceByKey(Long::sum, partitions).mapWithState(StateSpec.function(step).numPartitions(partitions)).mapToPair(pair -> pair);
        break;
      default: throw new IllegalArgumentException(workload);
    }
    counts.foreachRDD(rdd -> {
      run.begun.incrementAndGet();
      if (!run.last) rdd.count();
      else if (run.written.getCount() > 0) {
        List<String> out = new ArrayList<>();
        for (Tuple2<String, Long> pair : rdd.collect()) out.add(pair._1() + "\t" + pair._2());
        put(out);
        run.put = run.begun.get();
        run.written.countDown();
      }
    });
  }

  static JavaStreamingContext start(JavaSparkContext spark, List<JavaRDD<String>> files, int interval) {
    run = new Run();
    JavaStreamingContext context = new JavaStreamingContext(spark, new Duration(interval));
    context.checkpoint(System.getProperty("work") + "/checkpoint" + interval + "-" + System.nanoTime());
    context.addStreamingListener(run);
    build(context, files, interval);
    context.start();
    return context;
  }

  public static void main(String[] args) throws Exception {
    workload = args[0];
    for (int i = 1; i < args.length; ++i) {
      String[] pair = args[i].split("=", 2);
      if (option.replace(pair[0], pair[1]) == null) throw new IllegalArgumentException(args[i]);
    }
    SparkConf conf = new SparkConf().setMaster("local[2]").setAppName(workload).set("spark.ui.enabled", "false")
        .set("spark.driver.host", "127.0.0.1").set("spark.default.parallelism", option.get("partitions"));
    if (number("kryo") == 1) conf.set("spark.serializer", "org.apache.spark.serializer.KryoSerializer");
    JavaSparkContext spark = new JavaSparkContext(conf);
    spark.setLogLevel("ERROR");
    List<JavaRDD<String>> files = new ArrayList<>();
    for (int i = 0; Files.exists(Path.of(option.get("files"), "batch" + i)); ++i)
      files.add(spark.textFile(Path.of(option.get("files"), "batch" + i).toUri().toString(), number("partitions")));

    long begin = System.nanoTime();
    JavaStreamingContext context = start(spark, files, number("interval"));
    while (System.nanoTime() - begin < number("warm") * 1_000_000_000L) Thread.sleep(20);
    int first = run.batches.size() + 1;
    run.await(first + number("timed"));
    run.last = true;
    run.written.await();
    System.out.println("batches " + run.put);
    context.stop(false, false);
    List<Long> times = new ArrayList<>();
    for (long[] batch : run.batches.subList(first, first + number("timed"))) times.add(batch[0]);
    Collections.sort(times);
    long median = times.get(times.size() / 2);
    System.out.println("median " + median + "\nleast " + times.get(0) + "\nmost " + times.get(times.size() - 1));
    if (number("sustain") == 1) {
      for (double interval = Math.max(20, 0.9 * median);; interval *= 1.3) {
        int ms = (int) Math.ceil(interval / 10) * 10;
        JavaStreamingContext one = start(spark, files, ms);
        run.await(20);
        one.stop(false, false);
        if (run.batches.get(19)[1] < ms / 2) {
          System.out.println("sustained " + ms);
          break;
        }
      }
    }
    for (String line : Files.readAllLines(Path.of("/proc/self/status")))
      if (line.startsWith("VmHWM")) System.out.println("peak " + Long.parseLong(line.replaceAll("\\D", "")) / 1024);
    System.out.flush();
    Runtime.getRuntime().halt(0);
  }
}
