package app.afterglow.mobile

/** Names that other apps give to files, made harmless: they stay in their folder and are no hidden files. */
internal object FileName {
    private const val LONGEST = 120
    private const val FALLBACK = "photo"
    private const val MOST = 1_000

    fun of(given: String?): String {
        val last = given.orEmpty().substringAfterLast('/').substringAfterLast('\\')
        val plain = last.filterNot { it.isISOControl() }.trim().trimStart('.')
        return if (plain.length <= LONGEST) plain.ifEmpty { FALLBACK } else shortened(plain)
    }

    /** `photo.jpg`, then `photo (2).jpg`. */
    fun free(
        wanted: String,
        isTaken: (String) -> Boolean,
    ): String {
        val (stem, ending) = split(wanted)
        val numbered = (2..MOST).asSequence().map { "$stem ($it)$ending" }
        return (sequenceOf(wanted) + numbered).first { !isTaken(it) }
    }

    private fun shortened(name: String): String {
        val (stem, ending) = split(name)
        return stem.take(LONGEST - ending.length.coerceAtMost(LONGEST / 2)) + ending.take(LONGEST / 2)
    }

    private fun split(name: String): Pair<String, String> {
        val dot = name.lastIndexOf('.')
        return if (dot > 0) name.substring(0, dot) to name.substring(dot) else name to ""
    }
}
