// Every benchmark that `npm run bench` runs. This list is the only place that knows it.
//
//   id        as docs and issues call it
//   title     what is measured, in a reader's words
//   command   prints one JSON line for each figure, among whatever else it prints:
//               {"bench":"previews","value":96.1,"unit":"ms","goal":150,
//                "reference":{"name":"vipsthumbnail, one preview","value":112.4}}
//             value, and reference where one was measured in the same run; smaller is better unless
//             "better":"more" says otherwise; goal where one was promised
//   runs      how often it is run; the median is kept, and the worst beside it. Some commands run several times themselves
//   limit     what stands between it and its goal, said as long as a goal is missed
//   needs     "release": the programs are built for release first

import { binary } from "../lib/cargo.mjs";

const release = (name) => binary(name, { release: true });

const burst = (name) => () => [release("lanbox"), "run", "--", release("bench-burst"), name, "--json"];

export const cases = [
  {
    id: "S1",
    title: "Ten photos to eight devices on separate links of 20 Mbit/s up, 100 down",
    command: burst("S1"),
    limit:
      "The source's line carries 1.3 copies (previews, proofs and gossip among them), which take 11 s of it. " +
      "The last pieces then still go from one receiver to the next over lines of 20 Mbit/s. " +
      "Members take turns in fetching for all; before they did, one fetched up to three times as much as another and all waited for its line " +
      "(14.7 s, 16.6 at most). Long queues, which are kept short while photos come, gave older programs 13.3 s (15.3). " +
      "Tried and kept: screen previews of about 200 KB, which were a third of all bytes before.",
    needs: "release",
  },
  {
    id: "S2",
    title: "Ten photos to eight devices on one Wi-Fi channel of 100 Mbit/s",
    command: burst("S2"),
    limit:
      "The channel is busy all the time. Previews go to everybody before any original and take 3.2 s of it (run with --previews), the originals " +
      "27 s; the rest are proofs, acknowledgements and what devices tell each other of what they hold. Tried and kept: smaller screen " +
      "previews. Multicast would halve it on this channel, and real access points send it at their slowest rate.",
    needs: "release",
  },
  {
    id: "S3",
    title: "Ten photos to eight devices at two access points, with 20 Mbit/s between them",
    command: burst("S3"),
    limit: "The originals cross once (21 MB). Previews and what is told with them take 4.6 MB (run with --previews), proofs, acknowledgements and " +
      "holdings the rest: one copy of each picture in both sizes is over the goal already. Tried and kept: smaller screen previews; a piece " +
      "is fetched across by one member of each access point, whose turn it is.",
    needs: "release",
  },
  {
    id: "hotspot",
    title: "Ten photos to eight devices at the hotspot of one of them, a channel of 100 Mbit/s",
    command: burst("hotspot"),
    limit:
      "As in S2: the channel is busy all the time, with more than the photos alone. Tried and kept: smaller screen previews; " +
      "the hotspot fetches everything and everybody fetches from it, as what two others send to each other crosses the channel twice.",
    needs: "release",
  },
  {
    id: "S4",
    title: "A late joiner at 100 Mbit/s: 10,000 moments with previews, then the newest 1,000 photos (at a tenth of their size)",
    command: () => [release("lanbox"), "run", "--", release("bench-s4"), "--json"],
    limit:
      "Both devices run on two cores. While operations come, checking their signatures and folding them leaves too little for previews; " +
      "from then on the line is full. " +
      "Tried and kept: previews many in one request, one sync and one transaction for many (24 s before).",
    needs: "release",
  },
  {
    id: "S5",
    title: "A photo a second from eight members on one Wi-Fi: from the shutter to the preview on each device",
    command: () => [release("lanbox"), "run", "--", release("bench-s5"), "--json"],
    limit:
      "The channel is busy all the time from the second photo on. Previews go to everybody before the originals, and proofs, acknowledgements and " +
      "holdings go with them. Kept: while photos come, a socket takes no more than leaves it in a moment; without that, half of the previews " +
      "took 325 ms (25 photos), behind originals that were in the air already. And while they come one after another, three pieces of " +
      "originals at most are asked for at once: 245 ms (25 photos) instead of 253.",
    runs: 5,
    needs: "release",
  },
  {
    id: "S5-loss",
    title: "The same while 5 % of all frames are lost",
    command: () => [release("lanbox"), "run", "--", release("bench-s5"), "--loss", "5", "--json"],
    runs: 5,
    needs: "release",
  },
  {
    id: "S5-beside",
    title: "The same while a clip of 4 GiB is on its way to everybody",
    command: () => [release("lanbox"), "run", "--", release("bench-s5"), "--beside", "4", "--json"],
    runs: 5,
    needs: "release",
  },
  {
    id: "S5-others",
    title: "The same photos put into a folder that Syncthing shares: from the shutter to the whole photo on each other device",
    command: () => [release("lanbox"), "run", "--", release("bench-s5"), "--syncthing", "--json"],
    runs: 5,
    needs: "release",
  },
  {
    id: "S6",
    title: "A clip of 8 Mbit/s to eight viewers on one Wi-Fi while it is recorded: to the first picture, and how far behind",
    command: () => [release("lanbox"), "run", "--", release("bench-s6"), "--json"],
    runs: 5,
    needs: "release",
  },
  {
    id: "loss",
    title: "Ten photos to eight devices while 1, 5 or 10 % of all frames are lost, against the same without loss; words and photos at 30 %",
    command: () => [release("lanbox"), "run", "--", release("bench-loss"), "--json"],
    limit:
      "At 10 % TCP with its default control of congestion takes every loss for a full line. BBR, which does not, is not open to " +
      "ordinary programs unless the system's owner says so, and was not tried.",
    needs: "release",
  },
  {
    id: "churn",
    title: "Twenty devices of which each second one goes while one comes, back or new: from the shutter to the preview on those who stay, against the group at rest",
    command: () => [release("lanbox"), "run", "--", release("bench-churn"), "--json"],
    limit:
      "Twenty devices run on two cores, and each second one starts, joins or connects to the others, and is caught up. Half of the previews come " +
      "within the goal; the slowest hundredth shares the cores with such a start.",
    needs: "release",
  },
  {
    id: "S7",
    title: "Ingest of a 12-megapixel JPEG",
    command: ["cargo", "run", "--release", "--locked", "-p", "glow-media", "--example", "ingest_bench", "--", "--json"],
  },
  {
    id: "S12",
    title: "Growth: groups of 8, 16, 32 and 64 real members, an operation on every device",
    command: () => [release("lanbox"), "run", "--", release("bench-s12"), "--json"],
    runs: 5,
    needs: "release",
  },
  {
    id: "S11",
    title: "An album to a second device, unlimited link",
    command: () => [release("bench-s11"), "--json"],
    limit:
      "Both ends share two cores, and every byte is hashed on either side, proved piece by piece and written to a disk; the bare transports " +
      "do none of that. Tried: 20 pieces at once from one member instead of 8 (214 MB/s instead of 190), taken back, as a seek on a slow " +
      "line came late with them. Tried and kept: programs built in one unit.",
    needs: "release",
  },
  {
    id: "S8",
    title: "A timeline of 1,000,000 moments: a page, its layout, a search",
    command: ["cargo", "run", "--release", "--locked", "-p", "glow-store", "--example", "timeline_bench", "--", "--moments", "1000000", "--json"],
    limit: "Setting a clock moves 10,000 moments and their blobs in every index, in one transaction; pages are answered meanwhile.",
  },
  {
    id: "S10",
    title: "Flinging through 100,000 moments in Chromium",
    command: ["node", "tests/browser/bench/fling.mjs", "--json"],
    limit:
      "Chromium paints without a graphics card here: a bare page of as many pictures drops as many frames or more, and one " +
      "frame at 60 Hz is 16.7 ms. The time to the first pictures includes the making of a world of 100,000 moments.",
  },
  {
    id: "guests",
    title: "Fifty guests at one box, all of them posting and watching at once: from the file to the preview on every other page",
    command: ["node", "scripts/bench/guests.mjs"],
    needs: "release",
  },
  {
    id: "camera",
    title: "A camera at a box, by FTP and by WebDAV: from the beginning of its upload to three members, all on one machine",
    command: ["node", "scripts/bench/camera.mjs"],
    needs: "release",
  },
  {
    id: "memory",
    title: "Memory of both ends above idle while a clip of 4 GiB goes through them",
    command: () => [release("bench-memory"), "--gib", "4", "--json"],
    runs: 5,
    needs: "release",
  },
  {
    id: "cold",
    title: "From the start of the node to the first page of a timeline of 100,000 moments",
    command: () => [release("bench-cold-start"), "--json"],
    needs: "release",
  },
  { id: "size", title: "Size of the programs", command: ["node", "scripts/bench/size.mjs"], needs: "release" },
  { id: "start", title: "Cold start of the node, until its page can be opened", command: ["node", "scripts/bench/start.mjs"], needs: "release" },
];
