package app.afterglow.mobile

/** Work of which the system does one piece at a time: the next begins when the last has ended. */
internal class OneByOne<T>(
    private val most: Int,
    private val begin: (T) -> Unit,
) {
    private val waiting = ArrayDeque<T>()
    private var isBusy = false

    @Synchronized
    fun add(item: T) {
        if (!isBusy) {
            isBusy = true
            begin(item)
        } else if (item !in waiting && waiting.size < most) {
            waiting.addLast(item)
        }
    }

    @Synchronized
    fun ended() {
        val next = waiting.removeFirstOrNull()
        isBusy = next != null
        if (next != null) begin(next)
    }

    @Synchronized
    fun clear() {
        waiting.clear()
    }
}
