#!/bin/bash
#SBATCH -d afterok:12345
./second
