struct Tolerance {
	int calling_code;
	unsigned per_mille;
	const char *why;
};

const Tolerance tolerances[] = {
	{ 0, 0, "" },
};
