#!/bin/bash
#SBATCH --mail-type=END,FAIL
#SBATCH --mail-user=ana@uni.example
#SBATCH -t 10:00
./work
